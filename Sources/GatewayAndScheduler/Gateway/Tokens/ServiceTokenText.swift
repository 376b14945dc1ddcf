import Ingest

/// The text of a service token: `vigil_<id>_<secret>`, 16 and 64 lowercase hexadecimal digits.
///
/// The prefix tells scanners of leaked secrets what it is; the id names the credential in records; the
/// secret's 32 bytes are never stored. Its description is the id.
package struct ServiceTokenText: Sendable, Equatable {
  package static let prefix = "vigil_"
  package static let idByteCount = 8
  package static let secretByteCount = 32
  /// 6 + 16 + 1 + 64.
  package static let byteCount = 87

  /// The credential id.
  package let id: String
  let secret: [UInt8]

  /// Precondition: 8 and 32 bytes.
  init(id: [UInt8], secret: [UInt8]) {
    precondition(
      id.count == ServiceTokenText.idByteCount && secret.count == ServiceTokenText.secretByteCount,
      "\(id.count) and \(secret.count) bytes")
    self.id = Hexadecimal.text(id)
    self.secret = secret
  }

  /// Reads a token's text; nil for anything else.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    let digits = ServiceTokenText.idByteCount * 2
    let prefix = Array(ServiceTokenText.prefix.utf8)
    guard bytes.count == ServiceTokenText.byteCount, bytes.starts(with: prefix),
      bytes[prefix.count + digits] == UInt8(ascii: "_"),
      let id = ServiceTokenText.decoded(bytes[prefix.count..<(prefix.count + digits)]),
      let secret = ServiceTokenText.decoded(bytes[(prefix.count + digits + 1)...])
    else { return nil }
    self.id = Hexadecimal.text(id)
    self.secret = secret
  }

  /// The whole text: to be shown once, to the one who gets it.
  package func reveal() -> String {
    ServiceTokenText.prefix + id + "_" + Hexadecimal.text(secret)
  }

  /// Whether a text is the id of a token.
  package static func isID(_ text: String) -> Bool {
    text.utf8.count == idByteCount * 2 && decoded(Array(text.utf8)[...]) != nil
  }

  /// Lowercase digits alone: a token has one spelling.
  private static func decoded(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      guard !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(digit),
        let value = JSONEscape.hexDigit(digit)
      else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}

extension ServiceTokenText: CustomStringConvertible, CustomReflectable {
  package var description: String { "service token \(id)" }

  package var customMirror: Mirror { Mirror(self, children: [("id", id)]) }
}
