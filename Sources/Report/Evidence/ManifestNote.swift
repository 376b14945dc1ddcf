package import Ingest

/// The signed note beside a manifest: what makes the package somebody's word.
///
///     vigil/export-manifest@v1
///     vigil/edge-1                       the journal's origin
///     manifest.json                      the file
///     <64 hexadecimal digits>            its SHA-256
///                                        an empty line
///     — vigil/edge-1 <signature>
///
/// Four lines, so that it can never be read as a checkpoint, which has three.
package struct ManifestNote: Hashable, Sendable {
  package static let firstLine = "vigil/export-manifest@v1"

  package let note: SignedNote

  /// Signs a manifest's bytes.
  package init(manifest: [UInt8], origin: String, by signer: NoteSigner) {
    let text = ManifestNote.text(manifest, origin)
    note = SignedNote(text: text, signatures: [signer.sign(text, at: 1)])
  }

  /// Reads the file's bytes; the signature is not checked yet.
  package init(_ bytes: [UInt8]) throws(ExportRefusal) {
    do throws(NoteError) { note = try SignedNote(bytes) } catch {
      throw ExportRefusal(PackageLayout.note, found: "\(error)", expected: "a signed note")
    }
  }

  /// Throws unless the note is about these bytes and one of the keys has signed it; which one.
  package func verify(
    manifest: [UInt8], origin: String, under keys: [VerifierKey]
  ) throws(ExportRefusal) -> VerifierKey {
    let signature: VerifiedSignature?
    do throws(NoteError) { signature = try note.verified(under: keys).first } catch {
      throw ExportRefusal(
        PackageLayout.note, "signature", found: "\(error)",
        expected: "one that \(keys.map(\.vkey).joined(separator: " or ")) verifies")
    }
    guard let signature else {
      throw ExportRefusal(PackageLayout.note, "signature", found: "none", expected: "one")
    }
    guard note.text == ManifestNote.text(manifest, origin) else {
      throw ExportRefusal(
        PackageLayout.manifest, found: "SHA-256 \(SHA256.digest(manifest.span).hex) of \(origin)",
        expected: "what \(PackageLayout.note) says: "
          + TerminalText.escaped(String(decoding: note.text, as: UTF8.self)))
    }
    return signature.key
  }

  private static func text(_ manifest: [UInt8], _ origin: String) -> [UInt8] {
    let lines = [firstLine, origin, PackageLayout.manifest, SHA256.digest(manifest.span).hex]
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }
}
