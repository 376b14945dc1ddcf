/// The files that a user named, in the order in which their lines were written.
///
/// Files of one rotated set (same directory, same live name) stand together, oldest first, where the
/// first of them was named. A file that is there twice counts once: under two names, or plain and
/// compressed, as Caddy leaves a rotated file for a moment.
package struct RotatedSet: Hashable, Sendable {
  /// What to read, in order.
  package let paths: [String]
  /// Named but not to be read, with the path that holds the same bytes.
  package let repeats: [Repeat]

  /// A path left out.
  package struct Repeat: Hashable, Sendable {
    package let path: String
    package let twin: String

    package init(path: String, twin: String) {
      self.path = path
      self.twin = twin
    }
  }

  /// Looks at every path (`-` comes last). Throws for the first that is no readable file.
  package init(of named: [String], in files: some LogFiles) throws(InputError) {
    var members: [Member] = []
    for path in named where path != InputFile.standardInputName {
      guard let status = try files.status(ofPath: path) else { throw .missing(path: path) }
      guard status.kind == .regular else { throw .notAFile(path: path, kind: status.kind) }
      members.append(Member(path: path, identity: status.identity))
    }
    var kept: [Member] = []
    var repeats: [Repeat] = []
    for member in RotatedSet.ordered(members) {
      if let twin = try RotatedSet.twin(of: member, among: kept, in: files) {
        repeats.append(Repeat(path: member.path, twin: twin))
      } else {
        kept.append(member)
      }
    }
    let hasStandardInput = named.contains(InputFile.standardInputName)
    paths = kept.map(\.path) + (hasStandardInput ? [InputFile.standardInputName] : [])
    self.repeats = repeats
  }

  /// The paths in order, by their names alone.
  package static func ordered(_ paths: [String]) -> [String] {
    let nowhere = FileIdentity(device: 0, inode: 0)
    return ordered(paths.map { Member(path: $0, identity: nowhere) }).map(\.path)
  }

  private struct Member {
    let path: String
    let identity: FileIdentity
    let setPath: String
    let rotation: RotationName

    init(path: String, identity: FileIdentity) {
      self.path = path
      self.identity = identity
      let split = SplitPath(path)
      rotation = RotationName(fileName: split.name)
      setPath = split.sibling(rotation.liveName)
    }
  }

  /// Plain before compressed within one age, so that the plain one is kept.
  private static func ordered(_ members: [Member]) -> [Member] {
    var sets: [String: Int] = [:]
    for member in members where sets[member.setPath] == nil { sets[member.setPath] = sets.count }
    let keyed = members.enumerated().map { (set: sets[$1.setPath] ?? 0, place: $0, member: $1) }
    return keyed.sorted { left, right in
      if left.set != right.set { return left.set < right.set }
      let (first, second) = (left.member.rotation, right.member.rotation)
      if first.age != second.age { return first.age < second.age }
      if first.isCompressed != second.isCompressed { return second.isCompressed }
      return left.place < right.place
    }.map(\.member)
  }

  /// The same inode, or the plain file of the same age whose bytes a compressed one begins with.
  private static func twin(
    of member: Member, among kept: [Member], in files: some LogFiles
  ) throws(InputError) -> String? {
    for other in kept where other.identity == member.identity { return other.path }
    guard member.rotation.isCompressed,
      let plain = kept.last(where: {
        $0.setPath == member.setPath && $0.rotation.age == member.rotation.age
          && !$0.rotation.isCompressed
      })
    else { return nil }
    return try beginsAlike(plain.path, member.path, files) ? plain.path : nil
  }

  /// Over as many bytes as the compressed file gives, which may still be growing.
  private static func beginsAlike<Files: LogFiles>(
    _ plain: String, _ compressed: String, _ files: Files
  ) throws(InputError) -> Bool {
    let limit = Fingerprint.byteCountMax
    let (expected, found) = (
      try OpenedLog<Files.Handle>.plainPrefix(of: plain, identity: nil, count: limit, in: files),
      try OpenedLog<Files.Handle>.plainPrefix(
        of: compressed, identity: nil, count: limit, in: files)
    )
    guard let expected, let found else { return false }
    return expected.starts(with: found)
  }
}

extension RotatedSet {
  /// One log: its live path and the files of it that were named, oldest first.
  package struct Group: Hashable, Sendable {
    package let label: String
    package let paths: [String]
  }

  /// The paths, which are in the order of `paths`, by the log that they belong to.
  package static func groups(_ paths: [String]) -> [Group] {
    var order: [String] = []
    var members: [String: [String]] = [:]
    for path in paths {
      let split = SplitPath(path)
      let isInput = path == InputFile.standardInputName
      let live = isInput ? path : split.sibling(RotationName(fileName: split.name).liveName)
      if members[live] == nil { order.append(live) }
      members[live, default: []].append(path)
    }
    return order.map { Group(label: $0, paths: members[$0] ?? []) }
  }
}
