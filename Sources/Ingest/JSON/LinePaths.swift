/// The members that are looked for in lines: of the outermost object, and of objects in it.
///
/// Each has a number, in the order in which they were added; the scanner answers by number.
package struct LinePaths: Sendable {
  /// A member that is looked for.
  struct Path: Sendable {
    /// The first eight bytes of the key, the last of them highest, zeros below a shorter one; the last
    /// eight of a longer one. Whole up to 16 bytes.
    let head: UInt64
    let tail: UInt64
    let byteCount: Int
    /// The member whose value the object is: `root`, or a number.
    let parent: Int32
    /// The next path with a key of the same kind; -1 behind the last.
    let next: Int32
  }

  /// In place of a parent: the outermost object; an object that nothing is looked for in.
  static let root: Int32 = -1
  static let nowhere: Int32 = -2

  private(set) var paths: [Path] = []
  /// By kind of key: the first path; -1 for none.
  private(set) var firsts = [Int32](repeating: -1, count: 64)
  /// Bit k: there is a key of kind k.
  private(set) var kinds: UInt64 = 0

  package init() {}

  package var count: Int { paths.count }

  /// Looks for a key of 1 to 16 bytes in the outermost object, or in the value of an earlier path.
  /// Returns its number.
  @discardableResult
  package mutating func add(_ key: StaticString, in parent: Int? = nil) -> Int {
    let bytes = Array(key.description.utf8)
    precondition((1...16).contains(bytes.count), "a key of \(bytes.count) bytes")
    precondition(parent.map { paths.indices.contains($0) } ?? true, "no such parent")
    let head = LinePaths.word(bytes.prefix(8)) << UInt64(64 - 8 * min(bytes.count, 8))
    let tail = bytes.count > 8 ? LinePaths.word(bytes.suffix(8)) : 0
    let kind = LinePaths.kind(head: head, tail: tail, byteCount: bytes.count)
    paths.append(
      Path(
        head: head, tail: tail, byteCount: bytes.count,
        parent: parent.map { Int32($0) } ?? LinePaths.root, next: firsts[Int(kind)]))
    firsts[Int(kind)] = Int32(paths.count - 1)
    kinds |= 1 << kind
    return paths.count - 1
  }

  private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Keys fall into 64 kinds, which are told apart in one step. The factor is one by which the keys of
  /// an object of a recorded line hardly ever share a kind.
  @inline(__always)
  static func kind(head: UInt64, tail: UInt64, byteCount: Int) -> UInt64 {
    let mixed = head ^ (tail << 7 | tail >> 57) ^ UInt64(truncatingIfNeeded: byteCount)
    return (mixed &* 0x186A_6FF0_9158_3EF9) >> 58
  }
}
