/// Signs notes under a name: a log's plain signatures, or a witness's cosignatures.
package struct NoteSigner: Sendable {
  /// What checks these signatures.
  package let key: VerifierKey
  private let signingKey: Ed25519SigningKey

  /// Precondition: a valid name (`Checkpoint.isValidOrigin`).
  package init(name: String, kind: VerifierKey.Kind = .ed25519, _ signingKey: Ed25519SigningKey) {
    key = VerifierKey(name: name, kind: kind, publicKey: signingKey.publicKey)
    self.signingKey = signingKey
  }

  /// The signature line on a note's text; the text ends in a newline.
  ///
  /// - Parameter seconds: Unix time, more than 0; counts only for a cosignature.
  package func sign(_ text: [UInt8], at seconds: Int64) -> NoteSignature {
    precondition(text.last == 0x0A && seconds > 0, "signed text without end, or time \(seconds)")
    let blob: [UInt8]
    switch key.kind {
    case .ed25519: blob = signingKey.signature(on: text.span)
    case .cosignature:
      let message = Cosignature.message(text, seconds)
      let signature = signingKey.signature(on: message.span)
      blob = Cosignature(seconds: seconds, signature: signature).blob
    }
    return NoteSignature(name: key.name, keyID: key.keyID, blob: blob)
  }

  /// A checkpoint as a note with this signer's one plain signature.
  ///
  /// Precondition: a signer of kind `ed25519`.
  package func note(_ checkpoint: Checkpoint) -> SignedNote {
    precondition(key.kind == .ed25519, "a log signs plainly")
    let text = Array(checkpoint.body.utf8)
    return SignedNote(text: text, signatures: [sign(text, at: 1)])
  }
}
