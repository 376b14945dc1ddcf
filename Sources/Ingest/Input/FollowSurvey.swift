/// One file of a followed log's rotated set, as a survey of the directory found it.
package struct FollowCandidate: Hashable, Sendable {
  package let path: String
  package let age: RotationName.Age
  package let identity: FileIdentity
  package let isCompressed: Bool
  /// Bytes as stored.
  package let byteCount: Int
  /// Of as many first plain bytes as the survey asked for; nil when the file has fewer or they
  /// could not be read.
  package let fingerprint: Fingerprint?

  package init(
    path: String, age: RotationName.Age, identity: FileIdentity, isCompressed: Bool,
    byteCount: Int, fingerprint: Fingerprint?
  ) {
    self.path = path
    self.age = age
    self.identity = identity
    self.isCompressed = isCompressed
    self.byteCount = byteCount
    self.fingerprint = fingerprint
  }
}

/// The rotated set of a followed log at one moment, oldest first: where a file went, what came after.
package struct FollowSurvey: Hashable, Sendable {
  /// Where two stand for one rotation, the plain one is kept: its compressed twin may be growing.
  package let candidates: [FollowCandidate]

  /// From what was found, in any order.
  package init(_ found: [FollowCandidate]) {
    let sorted = found.sorted { left, right in
      if left.age != right.age { return left.age < right.age }
      return !left.isCompressed && right.isCompressed
    }
    var kept: [FollowCandidate] = []
    for candidate in sorted {
      let isTwin = candidate.isCompressed && kept.last?.age == candidate.age
      // A file renamed between two looks shows up twice; the older name is the newer truth.
      let isSeen = kept.contains { $0.identity == candidate.identity }
      if !isTwin, !isSeen { kept.append(candidate) }
    }
    candidates = kept
  }

  /// The file at the followed path itself.
  package var live: FollowCandidate? { candidates.last { $0.age == .live } }

  /// Index of the file in which `position` lies: the same file by identity and content, else one of
  /// the same content. A file shorter than the position is not it.
  package func index(of position: FollowPosition) -> Int? {
    let matching = candidates.indices.filter { matches(candidates[$0], position) }
    return matching.last { candidates[$0].identity == position.identity } ?? matching.last
  }

  private func matches(_ candidate: FollowCandidate, _ position: FollowPosition) -> Bool {
    guard candidate.isCompressed || candidate.byteCount >= position.offset else { return false }
    // Without a fingerprint every file would match by content: then only the identity counts.
    guard position.fingerprint.byteCount > 0 else { return candidate.identity == position.identity }
    return candidate.fingerprint == position.fingerprint
  }
}

extension FollowSurvey {
  /// Most files of one set that are looked at.
  package static let candidateCountMax = 4096

  /// Times a survey begins anew because the set changed under it.
  package static let attemptCountMax = 8

  /// Looks at the live file and its rotated siblings.
  ///
  /// Files that are none are left out. A rotation meanwhile could hide a file between two names: the
  /// live file is looked at first and last, siblings from the youngest to the oldest
  /// (the way in which names move), and when something changed all is looked at again.
  ///
  /// - Parameter prefixByteCount: how many first plain bytes to take the fingerprint of.
  package init(
    ofPath path: String, prefixByteCount: Int, in files: some LogFiles
  ) throws(InputError) {
    var look = try FollowSurvey.look(path, prefixByteCount, files)
    // At the last, what there is must do: two names that stay on one file look like a change too.
    for _ in 1..<FollowSurvey.attemptCountMax where look.isDisturbed {
      look = try FollowSurvey.look(path, prefixByteCount, files)
    }
    self.init(look.found)
  }

  private static func look(
    _ path: String, _ prefixByteCount: Int, _ files: some LogFiles
  ) throws(InputError) -> (found: [FollowCandidate], isDisturbed: Bool) {
    var isDisturbed = false
    let split = SplitPath(path)
    let before = try files.status(ofPath: path)?.identity
    let siblings = try siblings(of: split, in: files)
    var found: [FollowCandidate] = []
    for (name, age) in siblings {
      let sibling = split.sibling(name)
      guard let status = try files.status(ofPath: sibling),
        !found.contains(where: { $0.identity == status.identity })
      else {
        isDisturbed = true
        continue
      }
      guard status.kind == .regular else { continue }
      let isCompressed = name != split.name && RotationName(fileName: name).isCompressed
      found.append(candidate(sibling, age, status, isCompressed, prefixByteCount, files))
    }
    if try files.status(ofPath: path)?.identity != before { isDisturbed = true }
    return (found, isDisturbed)
  }

  /// The live file's name and those rotated from it, youngest first, plain before compressed.
  private static func siblings(
    of split: SplitPath, in files: some LogFiles
  ) throws(InputError) -> [(name: String, age: RotationName.Age)] {
    var siblings: [(name: String, age: RotationName.Age)] = []
    for name in try files.names(inDirectory: split.directory) {
      let rotation = RotationName(fileName: name)
      if name == split.name {
        siblings.append((name, .live))
      } else if rotation.liveName == split.name, rotation.age != .live {
        siblings.append((name, rotation.age))
      }
    }
    guard siblings.count <= candidateCountMax else {
      throw .tooManyEntries(path: split.directory, countMax: candidateCountMax)
    }
    return siblings.sorted { ($1.age, $0.name) < ($0.age, $1.name) }
  }

  private static func candidate(
    _ path: String, _ age: RotationName.Age, _ status: FileStatus, _ isCompressed: Bool,
    _ prefixByteCount: Int, _ files: some LogFiles
  ) -> FollowCandidate {
    let prefix = try? plainPrefix(path, status.identity, prefixByteCount, files)
    let isWhole = prefix?.count == prefixByteCount
    return FollowCandidate(
      path: path, age: age, identity: status.identity, isCompressed: isCompressed,
      byteCount: status.byteCount, fingerprint: isWhole ? prefix.map { Fingerprint(of: $0) } : nil)
  }

  /// Nil when another file has taken the name since it was looked at.
  private static func plainPrefix<Files: LogFiles>(
    _ path: String, _ identity: FileIdentity, _ count: Int, _ files: Files
  ) throws(InputError) -> [UInt8]? {
    try OpenedLog<Files.Handle>.plainPrefix(of: path, identity: identity, count: count, in: files)
  }
}
