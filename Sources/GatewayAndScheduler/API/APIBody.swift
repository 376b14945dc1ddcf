package import Ingest

/// What a POST of the trigger API says.
///
/// At most 16 KiB of `application/json`, or nothing at all. A key that occurs twice, or that nobody asks
/// for, is refused: a body whose meaning depends on its reader starts nothing.
package enum APIBody {
  /// Bytes of the longest body.
  package static let byteCountMax = 16 << 10

  /// The parameters of `{"params": {…}}`: one JSON object, as it was written but for white space between
  /// its tokens, so that it fits on one line; `{}` where there is no body or no `params`.
  package static func parameters(_ bytes: [UInt8]) throws(APIBodyError) -> [UInt8] {
    guard let document = try object(bytes, keys: ["params"]) else { return Array("{}".utf8) }
    guard let value = document.member(document.root, "params") else { return Array("{}".utf8) }
    guard document.kind(value) == .object else {
      throw .unfit(["params: found \(name(document.kind(value))): expected an object"])
    }
    return compact(document.bytes[document.textRange(value)])
  }

  /// The word on an approval: `{"verdict":"give"|"refuse","reason":"…"}`.
  package static func verdict(
    _ bytes: [UInt8]
  ) throws(APIBodyError) -> (gives: Bool, reason: String?) {
    guard let document = try object(bytes, keys: ["verdict", "reason"]),
      let value = document.member(document.root, "verdict")
    else { throw .unfit(["verdict: expected \"give\" or \"refuse\""]) }
    let reason = try self.reason(document)
    switch document.string(value) {
    case "give": return (true, reason)
    case "refuse": return (false, reason)
    default: throw .unfit(["verdict: expected \"give\" or \"refuse\""])
    }
  }

  /// The reason of `{"reason":"…"}`; nil where there is no body or none in it.
  package static func reason(_ bytes: [UInt8]) throws(APIBodyError) -> String? {
    guard let document = try object(bytes, keys: ["reason"]) else { return nil }
    return try reason(document)
  }

  private static func reason(_ document: JSONDocument) throws(APIBodyError) -> String? {
    guard let value = document.member(document.root, "reason") else { return nil }
    guard let text = document.string(value), document.kind(value) == .string,
      text.utf8.count <= reasonByteCountMax
    else { throw .unfit(["reason: expected a text of at most \(reasonByteCountMax) bytes"]) }
    return text.isEmpty ? nil : text
  }

  private static let reasonByteCountMax = 500

  /// The body as an object with no other keys; nil where it is empty.
  private static func object(
    _ bytes: [UInt8], keys: [String]
  ) throws(APIBodyError) -> JSONDocument? {
    guard !bytes.isEmpty else { return nil }
    guard bytes.count <= byteCountMax else { throw .tooLong(byteCount: bytes.count) }
    var document = JSONDocument()
    do {
      try document.parse(bytes.span)
    } catch {
      throw .malformed(error)
    }
    guard document.kind(document.root) == .object else {
      throw .unfit(["body: found \(name(document.kind(document.root))): expected an object"])
    }
    var reasons: [String] = []
    document.forEachMember(document.root) { key, _ in
      let word = document.string(key) ?? ""
      guard !keys.contains(word), reasons.count < reasonCountMax else { return }
      let expected = keys.map { "\"\($0)\"" }.joined(separator: ", ")
      reasons.append("unknown key \"\(APIText.legible(word))\": expected \(expected)")
    }
    guard reasons.isEmpty else { throw .unfit(reasons) }
    return document
  }

  private static let reasonCountMax = 10

  private static func name(_ kind: JSONDocument.Kind) -> String {
    switch kind {
    case .object: "an object"
    case .array: "an array"
    case .key, .string: "a string"
    case .number: "a number"
    case .true, .false: "\(kind == .true)"
    case .null: "null"
    }
  }

  /// A valid JSON text without the white space between its tokens.
  static func compact(_ text: some Sequence<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var isInString = false
    var isEscaped = false
    for byte in text {
      if isInString {
        result.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: continue
      case UInt8(ascii: "\""): isInString = true
      default: break
      }
      result.append(byte)
    }
    return result
  }
}

/// Why a body is refused.
package enum APIBodyError: Error, Sendable, Equatable {
  /// More than `APIBody.byteCountMax` bytes: 413.
  case tooLong(byteCount: Int)
  /// No JSON text, or one with a key twice: 400.
  case malformed(JSONError)
  /// JSON that says something else than expected, one sentence each: 422.
  case unfit([String])
}

extension APIProblem {
  init(_ error: APIBodyError) {
    switch error {
    case .tooLong(let count):
      self.init(
        .contentTooLarge, "body of \(count) bytes: expected at most \(APIBody.byteCountMax)")
    case .malformed(let error):
      self.init(.badRequest, "body at byte \(error.byteOffset): \(error.reason.rawValue)")
    case .unfit(let reasons):
      self.init(.unprocessableContent, "the body does not say what is expected here")
      self.reasons = reasons
    }
  }
}
