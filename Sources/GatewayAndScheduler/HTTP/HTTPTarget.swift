import Ingest

/// Why a request target is refused; each is answered with 400, `tooLong` with 414.
package enum HTTPTargetError: Error, Hashable, Sendable {
  /// More than `byteCountMax` bytes.
  case tooLong(byteCount: Int, byteCountMax: Int)
  /// Neither `/path`, nor `http://host/path`, nor `*`.
  case unknownForm
  /// A byte that no target may hold unescaped: controls, spaces, `#`, `\`, anything beyond ASCII.
  case forbiddenByte(UInt8, byteOffset: Int)
  /// A percent sign without two hexadecimal digits.
  case brokenEscape(byteOffset: Int)
  /// A segment or query item that decodes to bytes that are no UTF-8.
  case invalidUTF8
  /// A segment that decodes to `.`, `..`, or to text with a slash, backslash or control character.
  case unsafeSegment
  /// More segments or query items than taken.
  case tooManyParts(countMax: Int)
}

/// Where a request goes: path segments and query, decoded exactly once.
///
/// The path is split at its slashes first and decoded after, and a segment that would then hold a
/// slash is refused: `/a%2Fb` is never mistaken for `/a/b`, `%252F` reads as the text `%2F`, and no
/// segment climbs. Example: `/runs/42%20a?tail=5` has the segments `runs`, `42 a` and one item.
package struct HTTPTarget: Sendable, Equatable {
  /// Bytes of the longest target taken.
  package static let byteCountMax = 8192
  /// Most path segments, and most query items.
  package static let partCountMax = 128

  /// One `name=value` of the query; the value is empty when there is no `=`.
  package struct QueryItem: Sendable, Equatable {
    package let name: String
    package let value: String
  }

  /// The target as it was sent, query included; ASCII.
  package let text: String
  /// Decoded segments: none for `/` and `*`, an empty one for each doubled or trailing slash.
  package let segments: [String]
  /// Decoded items of the query, in order, `+` read as a space.
  package let query: [QueryItem]

  /// Reads a target as it stands in the request line.
  package init(_ bytes: [UInt8]) throws(HTTPTargetError) {
    guard bytes.count <= HTTPTarget.byteCountMax else {
      throw .tooLong(byteCount: bytes.count, byteCountMax: HTTPTarget.byteCountMax)
    }
    if let offset = bytes.firstIndex(where: HTTPTarget.isForbidden) {
      throw .forbiddenByte(bytes[offset], byteOffset: offset)
    }
    text = String(decoding: bytes, as: UTF8.self)
    let local = try HTTPTarget.withoutAuthority(bytes)
    let mark = local.firstIndex(of: UInt8(ascii: "?")) ?? local.endIndex
    segments = try HTTPTarget.segments(local[..<mark])
    query = try HTTPTarget.items(local[mark...].dropFirst())
  }

  /// The first value of a query item; nil when there is none.
  package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }

  private static func isForbidden(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\\")
  }

  /// The path and query of any form; `*` reads as no path at all.
  private static func withoutAuthority(
    _ bytes: [UInt8]
  ) throws(HTTPTargetError) -> ArraySlice<UInt8> {
    if bytes.first == UInt8(ascii: "/") { return bytes[...] }
    if bytes == [UInt8(ascii: "*")] { return [] }
    for scheme in ["http://", "https://"] {
      let prefix = Array(scheme.utf8)
      guard bytes.count > prefix.count,
        bytes.prefix(prefix.count).map(HTTPSyntax.lowered) == prefix
      else { continue }
      let rest = bytes[prefix.count...]
      let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
      return rest[(end ?? rest.endIndex)...]
    }
    throw .unknownForm
  }

  private static func segments(
    _ path: ArraySlice<UInt8>
  ) throws(HTTPTargetError) -> [String] {
    let relative = path.dropFirst()
    guard !relative.isEmpty else { return [] }
    let parts = relative.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count <= partCountMax else { throw .tooManyParts(countMax: partCountMax) }
    var result: [String] = []
    for part in parts {
      let segment = try decoded(part, plusIsSpace: false)
      guard segment != ".", segment != "..", !segment.utf8.contains(where: isUnsafe) else {
        throw .unsafeSegment
      }
      result.append(segment)
    }
    return result
  }

  private static func isUnsafe(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\")
  }

  private static func items(
    _ query: ArraySlice<UInt8>
  ) throws(HTTPTargetError) -> [QueryItem] {
    var result: [QueryItem] = []
    for part in query.split(separator: UInt8(ascii: "&")) {
      guard result.count < partCountMax else { throw .tooManyParts(countMax: partCountMax) }
      let mark = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      result.append(
        QueryItem(
          name: try decoded(part[..<mark], plusIsSpace: true),
          value: try decoded(part[mark...].dropFirst(), plusIsSpace: true)))
    }
    return result
  }

  private static func decoded(
    _ raw: ArraySlice<UInt8>, plusIsSpace: Bool
  ) throws(HTTPTargetError) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(raw.count)
    var index = raw.startIndex
    while index < raw.endIndex {
      let byte = raw[index]
      if byte == UInt8(ascii: "%") {
        guard raw.endIndex - index > 2, let high = JSONEscape.hexDigit(raw[index + 1]),
          let low = JSONEscape.hexDigit(raw[index + 2])
        else { throw .brokenEscape(byteOffset: index) }
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
        index += 1
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8 }
    return text
  }
}
