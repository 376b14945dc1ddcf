/// A witness's statement that it saw a checkpoint as the largest at a time (C2SP tlog-cosignature,
/// version 1): what stands behind the key id of its signature line.
///
///     bytes 0 to 7    Unix seconds, big-endian, at most 2^63 - 1
///     bytes 8 to 71   Ed25519 over `cosignature/v1\ntime <seconds>\n` and the checkpoint's text
package struct Cosignature: Hashable, Sendable {
  package static let byteCount = 8 + Ed25519PublicKey.signatureByteCount

  /// More than 0: a witness always says when.
  package let seconds: Int64
  /// 64 bytes.
  package let signature: [UInt8]

  /// Nil unless the bytes have this form; whether it is valid is another question.
  package init?(_ blob: [UInt8]) {
    guard blob.count == Cosignature.byteCount else { return nil }
    let unsigned = blob.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let seconds = Int64(exactly: unsigned), seconds > 0 else { return nil }
    self.seconds = seconds
    signature = Array(blob.dropFirst(8))
  }

  init(seconds: Int64, signature: [UInt8]) {
    self.seconds = seconds
    self.signature = signature
  }

  package var blob: [UInt8] { seconds.bigEndianBytes + signature }

  /// Whether `key` signed this time and `text`, a checkpoint's text with its last newline.
  package func isValid(on text: [UInt8], _ key: Ed25519PublicKey) -> Bool {
    key.verifies(signature, on: Cosignature.message(text, seconds).span)
  }

  static func message(_ text: [UInt8], _ seconds: Int64) -> [UInt8] {
    Array("cosignature/v1\ntime \(seconds)\n".utf8) + text
  }
}
