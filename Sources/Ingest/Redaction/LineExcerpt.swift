/// What a rejection may show of its line: enough to recognise it, nothing that could be a secret.
///
/// Of JSON (whole or broken) the structure, the keys and the values of a few known keys are shown,
/// every other string and every bare word is `…`. The rest is redacted as text. The result is
/// printable ASCII: anything else is written as an escape.
struct LineExcerpt: Sendable {
  /// Bytes of the line that are looked at.
  static let windowByteCount = 2048
  /// Characters after which the excerpt ends.
  static let characterCountMax = 160

  private var text: TextRedactor
  private let shownKeys = NameTable([
    "level", "severity", "ts", "time", "timestamp", "logger", "schema", "event", "kind", "method",
    "v",
  ])

  init(_ list: RedactionList) { text = TextRedactor(names: SecretNames(list)) }

  mutating func make(_ line: Span<UInt8>) -> String {
    let window = line.extracting(0..<min(line.count, LineExcerpt.windowByteCount))
    let masked = mask(window)
    let clean = text.redacted(masked.span) ?? masked
    return LineExcerpt.printable(clean, isCut: line.count > window.count)
  }

  /// The text before the first brace as it is, and from there on structure only.
  private func mask(_ line: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    let isArray = !line.isEmpty && line[0] == UInt8(ascii: "[")
    while index < line.count, line[index] != UInt8(ascii: "{"), !isArray {
      result.append(line[index])
      index += 1
    }
    var showsNext = false
    while index < line.count {
      if line[index] == UInt8(ascii: "\"") {
        index = appendString(line, from: index, to: &result, &showsNext)
      } else if line[index].isStructure {
        result.append(line[index])
        index += 1
      } else {
        index = appendBareWord(line, from: index, to: &result)
        showsNext = false
      }
    }
    return result
  }

  private func appendString(
    _ line: Span<UInt8>, from start: Int, to result: inout [UInt8], _ showsNext: inout Bool
  ) -> Int {
    var end = start + 1
    while end < line.count, line[end] != UInt8(ascii: "\"") {
      end += line[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    let content = line.extracting((start + 1)..<min(end, line.count))
    var next = min(end + 1, line.count)
    while next < line.count, line[next].isASCIISpace { next += 1 }
    let isKey = next < line.count && line[next] == UInt8(ascii: ":")
    result.append(UInt8(ascii: "\""))
    if content.count <= SecretScanner.nameByteCountMax, isKey || showsNext {
      result.append(copying: content)
    } else {
      result.append(contentsOf: "…".utf8)
    }
    result.append(UInt8(ascii: "\""))
    showsNext = isKey && shownKeys.contains(content)
    return min(end + 1, line.count)
  }

  /// Numbers and literals are shown, any other word is not.
  private func appendBareWord(
    _ line: Span<UInt8>, from start: Int, to result: inout [UInt8]
  ) -> Int {
    var end = start
    while end < line.count, !line[end].isStructure, line[end] != UInt8(ascii: "\"") { end += 1 }
    let word = line.extracting(start..<end)
    let isLiteral =
      word.count <= 5
      && (word.hasBytes("true", at: 0) || word.hasBytes("false", at: 0)
        || word.hasBytes("null", at: 0))
    if isLiteral || word.isNumberLike {
      result.append(copying: word)
    } else {
      result.append(contentsOf: "…".utf8)
    }
    return end
  }

  private static func printable(_ bytes: [UInt8], isCut: Bool) -> String {
    var result = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      guard result.utf8.count < characterCountMax else { return result + "..." }
      if scalar == "…" {
        result += "..."
      } else if scalar.isASCII, scalar.value >= 0x20, scalar.value != 0x7F {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return isCut ? result + "..." : result
  }
}

extension UInt8 {
  /// Punctuation of JSON and white space.
  fileprivate var isStructure: Bool {
    switch self {
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: ":"), UInt8(ascii: ","):
      true
    default: isASCIISpace
    }
  }
}

extension Span<UInt8> {
  fileprivate var isNumberLike: Bool {
    guard count <= 24 else { return false }
    for index in indices {
      let byte = self[index]
      guard
        byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
          || byte == UInt8(ascii: "+") || byte | 0x20 == UInt8(ascii: "e")
      else { return false }
    }
    return true
  }
}
