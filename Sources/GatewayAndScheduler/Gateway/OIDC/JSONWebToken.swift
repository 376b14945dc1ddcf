package import Ingest

/// A signed token in compact form (RFC 7515 section 7.1), taken apart and not yet believed.
///
/// What is refused here, before any signature is looked at (RFC 8725): tokens over 16 KiB, other
/// forms than three parts, `none` and HMAC, critical extensions, unknown types, headers or claims in
/// which a key stands twice. Keys inside the header (`jwk`, `jku`, `x5c`, `x5u`) are never used.
package struct JSONWebToken: Sendable {
  /// Bytes of the longest token taken; a longer one is refused before any work.
  package static let byteCountMax = 16 << 10
  /// Bytes of the longest `kid`.
  package static let keyIDByteCountMax = 256

  package let algorithm: SignatureAlgorithm
  /// Names a key of the provider; only ever compared.
  package let keyID: String?
  /// The header's `typ` in lower case, where there is one.
  let type: String?
  /// What the signature is over: the first two parts and the dot between them.
  package let signingInput: [UInt8]
  package let signature: [UInt8]
  /// Not to be believed before the signature was checked.
  package let claims: JSONFields

  /// Takes a token apart.
  package init(_ text: String) throws(CredentialRefusal) {
    let bytes = text.utf8
    guard bytes.count <= JSONWebToken.byteCountMax else {
      throw .token(
        "too_long", "\(bytes.count) bytes: expected at most \(JSONWebToken.byteCountMax)")
    }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3 else {
      throw .token("malformed", "\(parts.count) parts: expected 3")
    }
    guard let header = Base64URL.bytes(parts[0]), let payload = Base64URL.bytes(parts[1]),
      let signature = Base64URL.bytes(parts[2]), !signature.isEmpty
    else { throw .token("malformed", "a part is not base64url") }
    (algorithm, keyID, type) = try JSONWebToken.read(header: header)
    claims = try JSONFields(payload)
    signingInput = Array(bytes.prefix(parts[0].count + 1 + parts[1].count))
    self.signature = signature
  }

  private static func read(
    header: [UInt8]
  ) throws(CredentialRefusal) -> (SignatureAlgorithm, String?, String?) {
    let fields = try JSONFields(header)
    guard let name = fields.text("alg") else { throw .token("malformed", "header without alg") }
    guard let algorithm = SignatureAlgorithm(rawValue: name) else {
      throw .token("algorithm_refused", "alg \(ForeignText.quoted(name))")
    }
    guard !fields.has("crit") else { throw .token("malformed", "critical header extensions") }
    let type = fields.has("typ") ? fields.text("typ")?.lowercased() ?? "" : nil
    if let type {
      guard types.contains(type) else {
        throw .token("malformed", "typ \(ForeignText.quoted(type)): expected JWT or at+jwt")
      }
    }
    guard fields.has("kid") else { return (algorithm, nil, type) }
    guard let keyID = fields.text("kid"), keyID.utf8.count <= keyIDByteCountMax else {
      throw .token("malformed", "kid is no text of at most \(keyIDByteCountMax) bytes")
    }
    return (algorithm, keyID, type)
  }

  /// RFC 7519 section 5.1, RFC 9068 section 2.1.
  private static let types: Set<String> = [
    "jwt", "at+jwt", "application/jwt", "application/at+jwt",
  ]

  /// What shows that this is an ID token, which tells a client who logged in and is no credential for
  /// anybody (RFC 9068 section 5); nil where nothing does.
  ///
  /// `at_hash` and `c_hash` stand in ID tokens alone (OpenID Connect Core 1.0 section 3.3.2.11), some
  /// providers write `typ`, and a `nonce` answers a login unless the header says `at+jwt`.
  var identityTokenMark: String? {
    if let mark = ["at_hash", "c_hash"].first(where: claims.has) { return mark }
    if claims.text("typ")?.lowercased() == "id" { return "typ ID" }
    let isAccessToken = type == "at+jwt" || type == "application/at+jwt"
    return claims.has("nonce") && !isAccessToken ? "nonce" : nil
  }
}

extension CredentialRefusal {
  static func token(_ reason: String, _ detail: String) -> CredentialRefusal {
    CredentialRefusal(reason, detail, credential: .oidc)
  }
}

/// Words from outside as they may stand in records and messages.
enum ForeignText {
  /// In quotes; printable ASCII but quote and backslash stands for itself, the rest as `\u{…}`; cut
  /// after `scalarCountMax`.
  static func quoted(_ text: String, scalarCountMax: Int = 64) -> String {
    "\"" + escaped(text, scalarCountMax: scalarCountMax) + "\""
  }

  static func escaped(_ text: String, scalarCountMax: Int) -> String {
    var result = ""
    for (number, scalar) in text.unicodeScalars.enumerated() {
      if number == scalarCountMax { return result + "…" }
      let isPlain = (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\"
      result += isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
    }
    return result
  }

  /// Whether a text has a scalar that could end a line, move a terminal's cursor or turn the
  /// direction of what follows: controls, separators, format characters.
  static func isTreacherous(_ text: String) -> Bool {
    text.unicodeScalars.contains { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .format, .privateUse, .surrogate: true
      default: false
      }
    }
  }
}
