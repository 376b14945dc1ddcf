/// What to make of a survey: the file to go to.
extension FollowState {
  /// The place that a survey is to find again: in the file read last, or the saved one while that
  /// file has given nothing to know it by.
  var sought: FollowPosition {
    if let file = current, file.fingerprint.byteCount > 0 || position == nil {
      return FollowPosition(
        path: path, identity: file.identity, offset: file.lineOffset,
        fingerprint: file.fingerprint)
    }
    return position
      ?? FollowPosition(
        path: path, identity: FileIdentity(device: 0, inode: 0), offset: 0, fingerprint: .empty)
  }

  mutating func surveyed(_ survey: FollowSurvey, for purpose: Purpose) {
    switch purpose {
    case .start(.beginning): open(survey.live, again: purpose)
    case .start(.oldest): open(survey.candidates.first, again: purpose)
    case .start(.position(let position)): resume(position, in: survey)
    case .truncated: afterTruncation(in: survey)
    case .next: goOn(in: survey)
    }
  }

  private mutating func resume(_ position: FollowPosition, in survey: FollowSurvey) {
    if let index = survey.index(of: position) {
      phase = .opening(
        target(survey.candidates[index], at: position), .start(.position(position)))
      return
    }
    surveyCount += 1
    if surveyCount < FollowState.surveyCountMax || survey.live == nil {
      phase = .waiting(then: .surveying(.start(.position(position))))
      return
    }
    self.position = nil
    phase = .reporting(.positionLost(position), then: .surveying(.start(.beginning)))
  }

  /// A copy of the old content (copytruncate makes one first) is read on from the unfinished line;
  /// without one the live file begins anew.
  private mutating func afterTruncation(in survey: FollowSurvey) {
    if let index = survey.index(of: sought) {
      let copy = target(survey.candidates[index], at: sought)
      phase = .closing(deliversRest: false, then: copy, .truncated)
      return
    }
    guard let live = survey.live else {
      phase = .waiting(then: .surveying(.truncated))
      return
    }
    let notice = FollowNotice.truncated(path: path, readOffset: current?.readOffset ?? 0)
    phase = .reporting(
      notice, then: .closing(deliversRest: true, then: target(live, at: nil), .truncated))
  }

  /// The open file is at its end, and the followed path names another file or none.
  private mutating func goOn(in survey: FollowSurvey) {
    guard let later = candidatesAfterCurrent(in: survey) else { return withoutPlace(in: survey) }
    surveyCount = 0
    guard let next = later.first, later.contains(where: { $0.byteCount > 0 }) else {
      // Nothing newer holds data: the writer may still be at work on this one.
      phase = waitingWithCurrent
      return
    }
    leave(for: target(next, at: nil))
  }

  /// After the same file under whatever name, else after its copy or compressed successor, else
  /// after the place of the last line; nil when none is to be found.
  private func candidatesAfterCurrent(in survey: FollowSurvey) -> [FollowCandidate]? {
    let candidates = survey.candidates
    if let file = current,
      let index = candidates.firstIndex(where: { $0.identity == file.identity })
    {
      return Array(candidates[(index + 1)...])
    }
    // Nothing was delivered yet: whatever is there is still to come.
    if start == .oldest, position == nil, current?.readOffset == 0 {
      return candidates.filter { !passed.contains($0.identity) }
    }
    guard let index = survey.index(of: sought) else { return nil }
    return candidates[(index + 1)...].filter { !passed.contains($0.identity) }
  }

  private mutating func withoutPlace(in survey: FollowSurvey) {
    surveyCount += 1
    guard let live = survey.live, live.byteCount > 0, surveyCount >= FollowState.surveyCountMax
    else {
      phase = waitingWithCurrent
      return
    }
    surveyCount = 0
    let notice = FollowNotice.predecessorGone(path: current?.path ?? path)
    leave(for: target(live, at: nil))
    phase = .reporting(notice, then: phase)
  }

  /// To the end once more, for the writer may have written between the last read and the survey.
  private mutating func leave(for next: Target) {
    let isOpen = current?.isOpen ?? false
    if let file = current, !passed.contains(file.identity) { passed.append(file.identity) }
    phase = isOpen ? .reading(isLast: next) : .opening(next, .next)
  }

  private var waitingWithCurrent: Phase {
    let isOpen = current?.isOpen ?? false
    return .waiting(then: isOpen ? .reading(isLast: nil) : .surveying(.next))
  }

  private mutating func open(_ candidate: FollowCandidate?, again purpose: Purpose) {
    guard let candidate else {
      phase = .waiting(then: .surveying(purpose))
      return
    }
    phase = .opening(target(candidate, at: nil), purpose)
  }

  private func target(_ candidate: FollowCandidate, at position: FollowPosition?) -> Target {
    Target(
      path: candidate.path, identity: candidate.identity, offset: position?.offset ?? 0,
      fingerprint: position?.fingerprint ?? .empty)
  }
}
