/// The parts of a request target (RFC 9112 section 3.2) that a record keeps.
struct RequestTarget {
  /// Most query names kept.
  static let queryKeyCountMax = 256

  /// Without the query; percent-encoding as the client sent it.
  let path: String
  /// Names of the query's parameters, decoded, sorted, each once.
  let queryKeys: [String]

  init(_ target: String) {
    let text = target.utf8
    guard let mark = text.firstIndex(of: UInt8(ascii: "?")) else {
      path = RequestTarget.withoutAuthority(target)
      queryKeys = []
      return
    }
    path = RequestTarget.withoutAuthority(String(target[..<mark]))
    queryKeys = RequestTarget.names(text[text.index(after: mark)...])
  }

  private static func names(_ query: Substring.UTF8View) -> [String] {
    var names: Set<String> = []
    for parameter in query.split(whereSeparator: {
      $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";")
    }) {
      guard names.count < queryKeyCountMax else { break }
      let name = parameter.prefix { $0 != UInt8(ascii: "=") }
      if !name.isEmpty { names.insert(percentDecoded(name, plusIsSpace: true)) }
    }
    return names.sorted()
  }

  /// The path of an absolute-form target: `http://host/path`.
  private static func withoutAuthority(_ target: String) -> String {
    guard target.utf8.first != UInt8(ascii: "/"), let scheme = target.firstRange(ofASCII: "://")
    else { return target }
    let rest = target[scheme.upperBound...]
    guard let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) else { return "/" }
    return String(rest[slash...])
  }

  /// Percent-decoded; what is no UTF-8 afterwards reads as U+FFFD.
  static func percentDecoded(_ text: Substring.UTF8View, plusIsSpace: Bool = false) -> String {
    guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
      return String(Substring(text))
    }
    let bytes = Array(text)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
        let high = JSONEscape.hexDigit(bytes[index + 1]),
        let low = JSONEscape.hexDigit(bytes[index + 2])
      {
        result.append(high << 4 | low)
        index += 3
      } else {
        let isSpace = plusIsSpace && bytes[index] == UInt8(ascii: "+")
        result.append(isSpace ? 0x20 : bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension String {
  /// Where `word` first stands, without Foundation.
  fileprivate func firstRange(ofASCII word: StaticString) -> Range<String.Index>? {
    let needle = Array(word.description.utf8)
    var start = utf8.startIndex
    while start < utf8.endIndex {
      let candidate = utf8[start...].prefix(needle.count)
      if candidate.elementsEqual(needle) { return start..<candidate.endIndex }
      start = utf8.index(after: start)
    }
    return nil
  }
}
