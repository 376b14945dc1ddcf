package import Ingest

/// The headers of a signed webhook after Standard Webhooks 1.0.0: HMAC-SHA-256 over
/// `id.timestamp.body`, base64, behind `v1,`.
package enum WebhookSignature {
  /// Bytes of a key: the specification's 24 to 64; more are taken, for they are no weaker.
  package static let keyByteCounts = 24...4096

  /// The key that a secret stands for: the bytes behind `whsec_` in base64, or the secret's own bytes.
  ///
  /// - Returns: nil when it is shorter or longer than a key may be, or `whsec_` stands before no base64.
  package static func key(_ secret: [UInt8]) -> [UInt8]? {
    let prefix = Array("whsec_".utf8)
    var key = secret
    if secret.starts(with: prefix) {
      let text = String(decoding: secret.dropFirst(prefix.count), as: UTF8.self)
      guard let bytes = Base64.bytes(text) else { return nil }
      key = bytes
    }
    return keyByteCounts.contains(key.count) ? key : nil
  }

  /// `v1,` and the code, for each key, parted by blanks: while a key is being changed, receivers find
  /// theirs among them.
  ///
  /// Precondition: keys of `key(_:)`. An id holds no full stop: ours are hexadecimal.
  package static func header(
    id: String, at now: Timestamp, body: [UInt8], keys: [[UInt8]]
  ) -> String {
    let head = Array("\(id).\(now.unixSeconds).".utf8)
    return keys.map { key in
      var code = HMACSHA256(key: key.span)
      code.update(head.span)
      code.update(body.span)
      return "v1," + Base64.text(code.finish().bytes)
    }.joined(separator: " ")
  }
}
