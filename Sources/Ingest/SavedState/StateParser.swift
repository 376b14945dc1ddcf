/// Saved bytes as a tree.
indirect enum StateNode {
  case null
  case boolean(Bool)
  case signed(Int64)
  case unsigned(UInt64)
  case double(Double)
  case text(String)
  case list([StateNode])
  case map([String: StateNode])
  case doubles([Double])
}

/// Reads the layout of `StateTag`; every count is held against the bytes that are left.
struct StateParser {
  let bytes: [UInt8]
  var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func node(depth: Int) throws(StateError) -> StateNode {
    guard depth < StateDecoder.depthMax else { throw StateError(.tooDeep, offset) }
    switch try byte() {
    case StateTag.null: return .null
    case StateTag.no: return .boolean(false)
    case StateTag.yes: return .boolean(true)
    case StateTag.signed:
      let number = try variable()
      return .signed(Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1))
    case StateTag.unsigned: return .unsigned(try variable())
    case StateTag.double: return .double(try double())
    case StateTag.text: return .text(try text())
    case StateTag.list: return try list(depth)
    case StateTag.map: return try map(depth)
    case StateTag.doubles: return try doubles()
    default: throw StateError(.unknownTag, offset - 1)
    }
  }

  private mutating func byte() throws(StateError) -> UInt8 {
    guard offset < bytes.count else { throw StateError(.truncated, offset) }
    offset += 1
    return bytes[offset - 1]
  }

  private mutating func variable() throws(StateError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      let next = try byte()
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
    }
    throw StateError(.numberTooLong, offset)
  }

  /// A count of things of at least `size` bytes each, which must all be there.
  private mutating func count(of size: Int) throws(StateError) -> Int {
    let count = try variable()
    guard count <= UInt64((bytes.count - offset) / size) else {
      throw StateError(.truncated, offset)
    }
    return Int(count)
  }

  private mutating func double() throws(StateError) -> Double {
    var pattern: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 8) { pattern |= UInt64(try byte()) << shift }
    return Double(bitPattern: pattern)
  }

  private mutating func text() throws(StateError) -> String {
    let count = try count(of: 1)
    guard let text = String(validating: bytes[offset..<offset + count], as: UTF8.self) else {
      throw StateError(.invalidText, offset)
    }
    offset += count
    return text
  }

  private mutating func list(_ depth: Int) throws(StateError) -> StateNode {
    _ = try count(of: 1)
    let count = try count(of: 1)
    var nodes: [StateNode] = []
    nodes.reserveCapacity(min(count, 1 << 16))
    for _ in 0..<count { nodes.append(try node(depth: depth + 1)) }
    return .list(nodes)
  }

  private mutating func map(_ depth: Int) throws(StateError) -> StateNode {
    _ = try count(of: 1)
    let count = try count(of: 2)
    var nodes: [String: StateNode] = [:]
    for _ in 0..<count {
      let key = try text()
      nodes[key] = try node(depth: depth + 1)
    }
    return .map(nodes)
  }

  private mutating func doubles() throws(StateError) -> StateNode {
    let count = try count(of: 8)
    var doubles: [Double] = []
    doubles.reserveCapacity(count)
    for _ in 0..<count { doubles.append(try double()) }
    return .doubles(doubles)
  }
}
