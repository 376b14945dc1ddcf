/// Following one log through rotation, truncation and restart: what to do next, and what to make of
/// the answer. Pure; `FileTail` does what it says.
///
///     survey -> open -> read -> deliver -> read … -> (end of file) inspect -> wait -> read …
///                                                        | the path names another file
///                                                        v
///                                  survey -> read to the end once more -> close -> open the next
///
/// A file is left only when a later file of the set holds data: the writer has then gone over, so
/// that what is in the old one after that is all there will be. The position moves to a new file with
/// its first delivered line, so that it always carries a fingerprint to be found by.
package struct FollowState: Sendable {
  /// Where a follower begins.
  package enum Start: Hashable, Sendable {
    /// At the first byte of the live file.
    case beginning
    /// At the first byte of the oldest rotated file.
    case oldest
    /// Where an earlier follower stood.
    case position(FollowPosition)
  }

  /// What the driver is to do now; each has one fitting event as its answer.
  package enum Action: Hashable, Sendable {
    /// Take a survey with fingerprints of this length: `surveyed`.
    case survey(prefixByteCount: Int)
    /// Open a file and go to the offset: `opened`, or `openFailed`.
    case open(path: String, offset: Int)
    /// Read a chunk of the open file, then look at its length and first bytes: `read`.
    case read(prefixByteCount: Int)
    /// Deliver the whole lines of what was read: `delivered`.
    case deliver
    /// Look at what the followed path names: `inspected`.
    case inspect
    /// Close the open file, delivering first, if asked for, the bytes of its unfinished last line,
    /// else forgetting them: `closed`.
    case close(deliversRest: Bool)
    /// Tell the caller: `reported`.
    case report(FollowNotice)
    /// Nothing to do until the next poll: `waited`.
    case wait
  }

  /// An action's answer.
  package enum Event: Sendable {
    case surveyed(FollowSurvey)
    case opened(FileIdentity)
    /// Not there, or not long enough, or not to be decompressed.
    case openFailed(isGone: Bool)
    /// - byteCount: bytes read, 0 at the end.
    /// - head: the first of them, at most as many as were asked for.
    /// - fileByteCount, filePrefix: the file's length and first bytes after the read, at most as many
    ///   as were asked for; nil for a compressed file, which is never rewritten.
    case read(byteCount: Int, head: [UInt8], fileByteCount: Int?, filePrefix: [UInt8]?)
    /// The open file cannot be read further, now or ever.
    case readFailed
    /// - lineOffset: of the first byte not delivered.
    case delivered(lineOffset: Int)
    case inspected(FileStatus?)
    case closed
    case reported
    case waited
    /// The action failed for a reason that may pass: reported, and tried again after a wait.
    case failed(InputError)
  }

  /// Surveys that are taken, a poll apart, before a position counts as lost: a rename between two
  /// names read from a directory can hide a file once.
  static let surveyCountMax = 3

  indirect enum Phase: Hashable, Sendable {
    case surveying(Purpose)
    case opening(Target, Purpose)
    case reading(isLast: Target?)
    case delivering(isLast: Target?)
    case inspecting
    /// Without a target: then look for what comes next.
    case closing(deliversRest: Bool, then: Target?, Purpose)
    case reporting(FollowNotice, then: Phase)
    case waiting(then: Phase)
  }

  enum Purpose: Hashable, Sendable {
    case start(Start)
    /// The open file's start is not what was read: find a copy of the old content.
    case truncated
    /// The open file is at its end and the path names another: find what comes next.
    case next
  }

  struct Target: Hashable, Sendable {
    let path: String
    let identity: FileIdentity
    let offset: Int
    let fingerprint: Fingerprint
  }

  /// The file being read, or read last.
  struct Current: Hashable, Sendable {
    let path: String
    let identity: FileIdentity
    var readOffset: Int
    var lineOffset: Int
    var fingerprint: Fingerprint
    var isOpen = true
  }

  /// The followed path.
  package let path: String
  let start: Start
  /// Where a restart would go on; nil until a first line was delivered.
  package internal(set) var position: FollowPosition?
  var current: Current?
  var phase: Phase
  var surveyCount = 0
  private var lastFailure: InputError?
  /// Files left since the position last moved: empty ones, not to be opened again.
  var passed: [FileIdentity] = []

  /// Nothing has been looked at yet: the first action is a survey.
  package init(path: String, start: Start) {
    self.path = path
    self.start = start
    phase = .surveying(.start(start))
    if case .position(let position) = start { self.position = position }
  }

  /// What to do now. Asking changes nothing.
  package var action: Action {
    switch phase {
    case .surveying: .survey(prefixByteCount: sought.fingerprint.byteCount)
    case .opening(let target, _): .open(path: target.path, offset: target.offset)
    case .reading: .read(prefixByteCount: Fingerprint.byteCountMax)
    case .delivering: .deliver
    case .inspecting: .inspect
    case .closing(let deliversRest, _, _): .close(deliversRest: deliversRest)
    case .reporting(let notice, _): .report(notice)
    case .waiting: .wait
    }
  }

  /// Takes the answer to `action`. Precondition: it is an answer to it.
  package mutating func handle(_ event: Event) {
    switch (phase, event) {
    case (.surveying(let purpose), .surveyed(let survey)): surveyed(survey, for: purpose)
    case (.opening(let target, let purpose), .opened(let identity)):
      opened(target, identity, purpose)
    case (.opening(let target, let purpose), .openFailed(let isGone)):
      openFailed(target, isGone: isGone, purpose)
    case (.reading(let next), .read(let count, let head, let length, let prefix)):
      read(count, head, length, prefix, next)
    case (.reading, .readFailed): readFailed()
    case (.delivering(let next), .delivered(let lineOffset)):
      delivered(upTo: lineOffset)
      phase = .reading(isLast: next)
    case (.inspecting, .inspected(let status)): inspected(status)
    case (.closing(let deliversRest, let target, let purpose), .closed):
      closed(deliversRest, target, purpose)
    case (.reporting(_, let next), .reported): phase = next
    case (.waiting(let next), .waited): phase = next
    case (_, .failed(let error)): failed(error)
    default: preconditionFailure("follow \(path): \(event) is no answer to \(action)")
    }
  }

  private mutating func opened(_ target: Target, _ identity: FileIdentity, _ purpose: Purpose) {
    guard identity == target.identity else { return openFailed(target, isGone: true, purpose) }
    lastFailure = nil
    current = Current(
      path: target.path, identity: identity, readOffset: target.offset, lineOffset: target.offset,
      fingerprint: target.fingerprint)
    surveyCount = 0
    phase = .reading(isLast: nil)
  }

  /// A name that moved is looked for again; a file that cannot be read is passed over.
  private mutating func openFailed(_ target: Target, isGone: Bool, _ purpose: Purpose) {
    if isGone {
      phase = .waiting(then: .surveying(purpose))
      return
    }
    current = Current(
      path: target.path, identity: target.identity, readOffset: target.offset,
      lineOffset: target.offset, fingerprint: target.fingerprint, isOpen: false)
    phase = .reporting(.unreadable(path: target.path), then: .waiting(then: .surveying(.next)))
  }

  /// Believed only when the file, after the read, still begins with everything read so far, these
  /// bytes included: else it was cut, or rewritten, before or during the read.
  private mutating func read(
    _ count: Int, _ head: [UInt8], _ length: Int?, _ prefix: [UInt8]?, _ next: Target?
  ) {
    guard var file = current else { return }
    let known = file.fingerprint.byteCount - file.readOffset
    let fingerprint = file.fingerprint.extended(by: head.dropFirst(max(known, 0)))
    let isShorter = length.map { $0 < file.readOffset } ?? false
    guard !isShorter, prefix.map({ fingerprint.matches(prefix: $0) }) ?? true else {
      phase = .surveying(.truncated)
      return
    }
    if count == 0 {
      phase = next.map { .closing(deliversRest: true, then: $0, .next) } ?? .inspecting
      return
    }
    file.readOffset += count
    file.fingerprint = fingerprint
    current = file
    phase = .delivering(isLast: next)
  }

  /// What could be read was delivered; the file counts as ended.
  private mutating func readFailed() {
    let notice = FollowNotice.unreadable(path: current?.path ?? path)
    phase = .reporting(notice, then: .closing(deliversRest: true, then: nil, .next))
  }

  /// Reported once, however often it comes again.
  private mutating func failed(_ error: InputError) {
    let retry = Phase.waiting(then: phase)
    phase = error == lastFailure ? retry : .reporting(.failed(error), then: retry)
    lastFailure = error
  }

  private mutating func delivered(upTo lineOffset: Int) {
    guard var file = current, lineOffset > file.lineOffset else { return }
    file.lineOffset = lineOffset
    current = file
    passed = []
    position = FollowPosition(
      path: path, identity: file.identity, offset: lineOffset, fingerprint: file.fingerprint)
  }

  /// The path still names the open file, or the set must be looked at: it may have gone on.
  private mutating func inspected(_ status: FileStatus?) {
    let isSame = status?.identity == current?.identity
    phase = isSame ? .waiting(then: .reading(isLast: nil)) : .surveying(.next)
  }

  private mutating func closed(_ deliversRest: Bool, _ target: Target?, _ purpose: Purpose) {
    if deliversRest, let file = current { delivered(upTo: file.readOffset) }
    current?.isOpen = false
    phase = target.map { .opening($0, purpose) } ?? .waiting(then: .surveying(.next))
  }
}
