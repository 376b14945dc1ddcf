/// Credentials that give themselves away by their first bytes, whatever they are called.
struct SecretToken: Sendable {
  /// What may follow the prefix.
  enum Alphabet: Sendable { case upperAlphanumeric, base64URL, base64URLAndDots }

  let prefix: [UInt8]
  /// Fewest bytes after the prefix that make it a credential and not a word.
  let tailByteCountMin: Int
  let alphabet: Alphabet
  /// Whether the byte before must be no letter or digit.
  let startsWord: Bool

  private init(
    _ prefix: String, tail: Int, _ alphabet: Alphabet = .base64URL, startsWord: Bool = false
  ) {
    self.prefix = Array(prefix.utf8)
    tailByteCountMin = tail
    self.alphabet = alphabet
    self.startsWord = startsWord
  }

  /// Sources: the vendors' pages on token formats, and the rule lists of secret scanners.
  static let known: [SecretToken] = [
    // A JWT, or any JSON object in base64: both begin with `{"`.
    SecretToken("eyJ", tail: 13, .base64URLAndDots),
    SecretToken("ghp_", tail: 16), SecretToken("gho_", tail: 16), SecretToken("ghu_", tail: 16),
    SecretToken("ghs_", tail: 16), SecretToken("ghr_", tail: 16),
    SecretToken("github_pat_", tail: 16),
    SecretToken("glpat-", tail: 12), SecretToken("gldt-", tail: 12), SecretToken("glrt-", tail: 12),
    SecretToken("glptt-", tail: 12), SecretToken("glcbt-", tail: 12),
    SecretToken("xoxa-", tail: 10), SecretToken("xoxb-", tail: 10), SecretToken("xoxe-", tail: 10),
    SecretToken("xoxo-", tail: 10), SecretToken("xoxp-", tail: 10), SecretToken("xoxr-", tail: 10),
    SecretToken("xoxs-", tail: 10), SecretToken("xapp-", tail: 10),
    SecretToken("AKIA", tail: 16, .upperAlphanumeric),
    SecretToken("ASIA", tail: 16, .upperAlphanumeric),
    SecretToken("AIza", tail: 30), SecretToken("GOCSPX-", tail: 16),
    SecretToken("ya29.", tail: 16, .base64URLAndDots),
    SecretToken("sk_live_", tail: 10), SecretToken("sk_test_", tail: 10),
    SecretToken("rk_live_", tail: 10), SecretToken("rk_test_", tail: 10),
    SecretToken("whsec_", tail: 16), SecretToken("sk-", tail: 20, startsWord: true),
    SecretToken("npm_", tail: 30, startsWord: true),
    SecretToken("pypi-", tail: 32, startsWord: true),
    SecretToken("dop_v1_", tail: 32), SecretToken("doo_v1_", tail: 32),
    SecretToken("dckr_pat_", tail: 16), SecretToken("shpat_", tail: 16),
    SecretToken("hvs.", tail: 20, startsWord: true),
    SecretToken("hvb.", tail: 20, startsWord: true),
    SecretToken("hf_", tail: 30, startsWord: true),
    SecretToken("SG.", tail: 20, .base64URLAndDots, startsWord: true),
    // Our own service tokens: an id of 16 digits, `_`, a secret of 64.
    SecretToken("vigil_", tail: 81),
    SecretToken("AGE-SECRET-KEY-1", tail: 20, .upperAlphanumeric),
  ]

  /// One past the credential that begins at `start`; nil when none does.
  func end(in text: Span<UInt8>, at start: Int) -> Int? {
    guard text.count - start >= prefix.count + tailByteCountMin else { return nil }
    for offset in 1..<prefix.count where text[start + offset] != prefix[offset] { return nil }
    if startsWord, start > 0, text[start - 1].isASCIIAlphanumeric { return nil }
    var end = start + prefix.count
    while end < text.count, allows(text[end]) { end += 1 }
    return end - start >= prefix.count + tailByteCountMin ? end : nil
  }

  private func allows(_ byte: UInt8) -> Bool {
    switch alphabet {
    case .upperAlphanumeric:
      byte &- UInt8(ascii: "A") < 26 || byte &- UInt8(ascii: "0") < 10
    case .base64URL:
      byte.isASCIIAlphanumeric || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    case .base64URLAndDots:
      byte.isASCIIAlphanumeric || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
        || byte == UInt8(ascii: "=")
    }
  }
}

extension UInt8 {
  var isASCIIAlphanumeric: Bool {
    self &- UInt8(ascii: "0") < 10 || (self | 0x20) &- UInt8(ascii: "a") < 26
  }

  /// Space, tab, carriage return or line feed.
  var isASCIISpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
