/// What a witness needs done with keys and hashes. Two implementations: one over the journal's
/// cryptography, and the tests' own.
package protocol WitnessCryptography: Sendable {
  /// The bytes of padded standard base64; nil for any other text, so that no two texts are one hash.
  func base64Bytes(_ text: String) -> [UInt8]?

  /// 32 bytes.
  func sha256(_ bytes: [UInt8]) -> [UInt8]

  /// Judges a C2SP signed note under the keys (vkeys) trusted for its origin.
  func verify(note: [UInt8], trusting keys: [String]) -> NoteVerdict

  /// Whether `proof` shows that `new` extends `old` (RFC 6962 section 2.1.2). Asked only for
  /// `0 < old.size < new.size`; every hash has 32 bytes.
  func isConsistent(_ proof: [[UInt8]], from old: TreeHead, to new: TreeHead) -> Bool

  /// The witness's own signature lines on a checkpoint's text (C2SP tlog-cosignature), each ending in
  /// a newline; nil when signing fails.
  ///
  /// - Parameter seconds: Unix time, more than 0.
  func cosignatures(on text: [UInt8], at seconds: Int64) -> String?
}

/// What the signatures of a note are worth.
package enum NoteVerdict: Hashable, Sendable {
  /// At least one trusted key signed, and no signature of a trusted key is bad.
  case trusted
  /// No signature line names a trusted key.
  case unsigned
  /// A line names a trusted key and its signature does not verify.
  case badSignature
  /// Not a signed note at all.
  case malformed
}
