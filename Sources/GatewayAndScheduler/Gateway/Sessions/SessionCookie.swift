import Ingest

/// The one cookie that a browser holds: a random name of a session, and nothing else.
///
/// `__Host-` (RFC 6265bis section 4.1.3.2) makes browsers take it only over TLS, for this host alone
/// and for every path, so that no neighbouring subdomain can plant one.
package enum SessionCookie {
  package static let name = "__Host-vigil"
  /// Random bytes of a session's name; 43 characters as text.
  static let byteCount = 32
  private static let textCount = 43

  /// The field that sets it; `maxAgeSeconds` 0 takes it away.
  static func field(_ value: String, named name: String = name, maxAgeSeconds: Int) -> String {
    "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=\(maxAgeSeconds)"
  }

  /// What the browser sent under a name, over all its `Cookie` fields.
  package static func values(_ name: String, in headers: HTTPHeaders) -> [String] {
    headers.values("Cookie").flatMap { field in
      field.utf8.split(separator: UInt8(ascii: ";")).compactMap { pair -> String? in
        let text = pair.drop { $0 == 0x20 || $0 == 0x09 }
        guard let mark = text.firstIndex(of: UInt8(ascii: "=")),
          text[..<mark].elementsEqual(name.utf8)
        else { return nil }
        return String(Substring(text[text.index(after: mark)...]))
      }
    }
  }

  /// The hash under which a session of this name is kept; nil for what is no name of ours.
  static func digest(_ value: String, key: [UInt8]) -> Digest? {
    guard value.utf8.count == textCount, let bytes = Base64URL.bytes(value.utf8),
      bytes.count == byteCount
    else { return nil }
    var code = HMACSHA256(key: key.span)
    return code.code(bytes.span)
  }
}
