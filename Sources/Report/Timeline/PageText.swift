import Ingest

/// Text from outside made fit for a page.
package enum PageText {
  /// What a person reads: control and bidirectional scalars shown as `\u{…}`, markup escaped.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in TerminalText.escaped(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A JSON text for inside a script element: no byte of it begins markup, whatever the strings hold.
  package static func scriptData(_ json: [UInt8]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(json.count)
    for byte in json {
      switch byte {
      case UInt8(ascii: "<"): bytes += Array("\\u003c".utf8)
      case UInt8(ascii: ">"): bytes += Array("\\u003e".utf8)
      case UInt8(ascii: "&"): bytes += Array("\\u0026".utf8)
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
      .replacing("\u{2028}", with: "\\u2028").replacing("\u{2029}", with: "\\u2029")
  }

  /// The source expression that allows one inline script or style by its hash (CSP level 3).
  package static func policySource(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return "'sha256-\(Base64.text(SHA256.digest(bytes.span).bytes))'"
  }
}
