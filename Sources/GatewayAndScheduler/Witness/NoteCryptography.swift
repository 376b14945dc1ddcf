package import Ingest

/// The witness's keys and hashes done by the journal's own cryptography.
package struct NoteCryptography: WitnessCryptography {
  private let signer: NoteSigner

  /// Precondition: a signer of kind `cosignature`.
  package init(_ signer: NoteSigner) {
    precondition(signer.key.kind == .cosignature, "a witness cosigns")
    self.signer = signer
  }

  package func base64Bytes(_ text: String) -> [UInt8]? { Base64.bytes(text) }

  package func sha256(_ bytes: [UInt8]) -> [UInt8] { SHA256.digest(bytes.span).bytes }

  package func verify(note: [UInt8], trusting keys: [String]) -> NoteVerdict {
    do {
      _ = try SignedNote(note).verified(under: keys.map { try VerifierKey($0) })
      return .trusted
    } catch NoteError.noKnownSignature {
      return .unsigned
    } catch NoteError.badSignature {
      return .badSignature
    } catch {
      return .malformed
    }
  }

  package func isConsistent(
    _ proof: [[UInt8]], from old: TreeHead, to new: TreeHead
  ) -> Bool {
    let path = proof.compactMap { Digest($0.span) }
    guard path.count == proof.count, let oldRoot = Digest(old.root.span),
      let root = Digest(new.root.span)
    else { return false }
    var hasher = MerkleHasher()
    return MerkleProof.verifiesConsistency(
      from: old.size, oldRoot, to: new.size, root, path: path, &hasher)
  }

  package func cosignatures(on text: [UInt8], at seconds: Int64) -> String? {
    signer.sign(text, at: seconds).line
  }
}
