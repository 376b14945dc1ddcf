/// The containers that are open at a place of a line, and the keys of the objects among them.
///
/// The keys of open objects lie on one stack; those of an object go when it closes.
struct LineObjects: Sendable {
  /// Deepest nesting that is followed.
  static let depthMax = 60
  /// Most keys of open objects.
  static let keyCountMax = 512

  /// What an object interrupts in the one around it.
  struct Frame: Sendable {
    var seen: UInt64 = 0
    var first: Int32 = 0
    var parent: Int32 = LinePaths.nowhere
  }

  /// Where a key is, without its quotes.
  struct Key: Sendable {
    var start: Int32 = 0
    var byteCount: Int32 = 0
  }

  /// Bit 0: the innermost container is an object; bit 1: the one around it; and so on.
  private(set) var kinds: UInt64 = 0
  private(set) var depth = 0
  /// Of which path the innermost object is the value.
  private(set) var parent = LinePaths.nowhere
  /// Which kinds of key the innermost object has.
  private var seen: UInt64 = 0
  /// Where its keys begin, and one past its last.
  private var first: Int32 = 0
  private var count: Int32 = 0

  /// All ones when the innermost container is an object.
  @inline(__always)
  var objectMask: UInt64 { 0 &- (kinds & 1) }

  /// False when the nesting is too deep.
  @inline(__always)
  mutating func openArray() -> Bool {
    depth &+= 1
    kinds <<= 1
    return depth <= LineObjects.depthMax
  }

  /// False when the nesting is too deep.
  @inline(__always)
  mutating func openObject(parent: Int32, _ frames: inout MutableSpan<Frame>) -> Bool {
    guard depth < LineObjects.depthMax else { return false }
    depth &+= 1
    kinds = kinds << 1 | 1
    frames[depth] = Frame(seen: seen, first: first, parent: self.parent)
    seen = 0
    first = count
    self.parent = parent
    return true
  }

  /// False when no such container is open.
  @inline(__always)
  mutating func close(isObject: Bool, _ frames: borrowing MutableSpan<Frame>) -> Bool {
    guard depth > 0, (kinds & 1 != 0) == isObject else { return false }
    if isObject {
      let frame = frames[depth]
      count = first
      seen = frame.seen
      first = frame.first
      parent = frame.parent
    }
    kinds >>= 1
    depth &-= 1
    return true
  }

  /// False for a key that the innermost object has already, and when there are too many.
  @inline(__always)
  mutating func add(
    _ key: Key, kind: UInt64, _ text: Span<UInt8>, _ keys: inout MutableSpan<Key>
  ) -> Bool {
    let number = Int(count)
    guard number < keys.count else { return false }
    if seen & kind != 0, LineObjects.has(key, text, keys, Int(first)..<number) { return false }
    seen |= kind
    // SAFETY: the number is below the count, by the check above, and never negative.
    unsafe keys[unchecked: number] = key
    count &+= 1
    return true
  }

  @inline(never)
  private static func has(
    _ key: Key, _ text: Span<UInt8>, _ keys: borrowing MutableSpan<Key>, _ range: Range<Int>
  ) -> Bool {
    let bytes = text.bytes(of: key)
    for number in range where keys[number].byteCount == key.byteCount {
      if text.bytes(of: keys[number]).equals(bytes) { return true }
    }
    return false
  }
}

extension Span<UInt8> {
  @_lifetime(copy self)
  fileprivate func bytes(of key: LineObjects.Key) -> Span<UInt8> {
    extracting(Int(key.start)..<Int(key.start) + Int(key.byteCount))
  }
}
