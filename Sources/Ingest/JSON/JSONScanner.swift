/// The one pass over a JSON text: validates it and lists its nodes, without recursion, so that depth
/// costs an array slot and not a stack frame.
///
/// Strings are most of a log line; their ends are found 16 bytes at a time (byte_scan.h).
/// Nothing is allocated but what the two arrays, which keep their capacity, may have to grow.
struct JSONScanner: ~Escapable {
  let text: Span<UInt8>
  private let stopKey: StaticString?
  var offset = 0
  private(set) var nodes: [JSONDocument.Node]
  private(set) var openContainers: [Int32]
  var rootKeys: JSONRootKeys
  private var reachedStopKey = false

  /// - Parameters:
  ///   - nodes: emptied and filled; whatever it holds, its capacity is kept.
  ///   - stopKey: see `JSONDocument.parse`.
  @_lifetime(copy text)
  init(
    _ text: Span<UInt8>, stopKey: StaticString?, nodes: consuming [JSONDocument.Node],
    openContainers: consuming [Int32], rootKeys: consuming JSONRootKeys
  ) {
    self.text = text
    self.stopKey = stopKey
    self.nodes = nodes
    self.openContainers = openContainers
    self.rootKeys = rootKeys
    self.rootKeys.removeAll()
    self.nodes.removeAll(keepingCapacity: true)
    self.openContainers.removeAll(keepingCapacity: true)
  }

  mutating func scan() throws(JSONError) {
    var isValueNext = true
    while isValueNext {
      try requireByte()
      isValueNext = try scanValue()
      if !isValueNext { isValueNext = try scanWhatFollows() }
    }
    if reachedStopKey { return }
    skipWhitespace()
    guard offset == text.count else { throw JSONError(.trailingBytes, at: offset) }
  }

  /// For after an error: what was listed is no document.
  mutating func forgetNodes() { nodes.removeAll(keepingCapacity: true) }

  // MARK: Structure

  /// The value at `offset`. True when that opened a container whose first value comes next.
  private mutating func scanValue() throws(JSONError) -> Bool {
    switch text[offset] {
    case UInt8(ascii: "\""): try scanString(.string)
    case UInt8(ascii: "{"):
      try open(.object)
      if text[offset] != UInt8(ascii: "}") { return try scanKey() }
      close()
    case UInt8(ascii: "["):
      try open(.array)
      if text[offset] != UInt8(ascii: "]") { return true }
      close()
    case UInt8(ascii: "t"): try scanLiteral("true", .true)
    case UInt8(ascii: "f"): try scanLiteral("false", .false)
    case UInt8(ascii: "n"): try scanLiteral("null", .null)
    default: try scanNumber()
    }
    return false
  }

  /// What stands after a value: closing brackets, and at most one comma. True when a value comes
  /// next; false when the outermost value has ended.
  private mutating func scanWhatFollows() throws(JSONError) -> Bool {
    while !reachedStopKey, let container = openContainers.last {
      try requireByte()
      let isObject = nodes[Int(container)].kind == .object
      switch text[offset] {
      case UInt8(ascii: ","):
        offset += 1
        guard isObject else { return true }
        try requireByte()
        return try scanKey()
      case UInt8(ascii: "}") where isObject:
        try refuseDuplicateKeys(of: container)
        close()
      case UInt8(ascii: "]") where !isObject: close()
      default: throw JSONError(.unexpectedByte, at: offset)
      }
    }
    return false
  }

  /// A key and its colon. True when its value comes next; false at the stop key.
  private mutating func scanKey() throws(JSONError) -> Bool {
    guard text[offset] == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: offset) }
    try scanString(.key)
    try requireByte()
    guard text[offset] == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: offset) }
    offset += 1
    guard let stopKey, openContainers.count == 1, lastKeyEquals(stopKey) else { return true }
    try stop()
    return false
  }

  private func lastKeyEquals(_ name: StaticString) -> Bool {
    let key = nodes[nodes.count - 1]
    let written = text.extracting(Int(key.start)..<Int(key.end))
    if !key.hasEscapes {
      return written.count == name.utf8CodeUnitCount && written.hasBytes(name, at: 0)
    }
    return JSONEscape.unescaped([UInt8](copying: written)[...]) == Array(name.description.utf8)
  }

  /// At the stop key of the outermost object: drops the key and closes the object.
  private mutating func stop() throws(JSONError) {
    nodes.removeLast()
    try refuseDuplicateKeys(of: 0)
    nodes[0].end = Int32(offset)
    nodes[0].next = Int32(nodes.count)
    reachedStopKey = true
  }

  /// Opens a container and goes to the first byte inside.
  private mutating func open(_ kind: JSONDocument.Kind) throws(JSONError) {
    guard openContainers.count < JSONDocument.depthMax else {
      throw JSONError(.tooDeep, at: offset)
    }
    openContainers.append(Int32(nodes.count))
    append(kind, from: offset, to: offset)
    offset += 1
    try requireByte()
  }

  /// Closes the innermost container, whose bracket stands at `offset`.
  private mutating func close() {
    offset += 1
    let index = Int(openContainers.removeLast())
    nodes[index].end = Int32(offset)
    nodes[index].next = Int32(nodes.count)
  }

  mutating func append(
    _ kind: JSONDocument.Kind, from start: Int, to end: Int, hasEscapes: Bool = false
  ) {
    nodes.append(
      JSONDocument.Node(
        kind: kind, hasEscapes: hasEscapes, start: Int32(truncatingIfNeeded: start),
        end: Int32(truncatingIfNeeded: end), next: Int32(truncatingIfNeeded: nodes.count + 1)))
  }

  // MARK: White space

  /// Goes to the next byte that is no white space; there must be one. Inlined: emitters write none,
  /// and one comparison instead of a call took a line of 550 bytes from 1.1 to 1.0 µs.
  @inline(__always)
  private mutating func requireByte() throws(JSONError) {
    if offset < text.count, text[offset] > 0x20 { return }
    skipWhitespace()
    guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
  }

  private mutating func skipWhitespace() {
    while offset < text.count, text[offset].isASCIISpace { offset += 1 }
  }
}
