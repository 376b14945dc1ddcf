/// A text and signatures on it (C2SP signed-note):
///
///     This is an example message.                   the text: lines, each with its newline
///                                                    an empty line
///     — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1T…   em dash, name, base64(key id ‖ signature)
///
/// Reading one checks its form only; nothing in it may be used before `verified`.
package struct SignedNote: Hashable, Sendable {
  /// Bytes of the longest note taken. Room for 16 signatures of 5 kB and more.
  package static let byteCountMax = 128 << 10
  /// Most signature lines taken; the specification asks for 16 at least.
  package static let signatureCountMax = 64

  /// The signed bytes, the last newline included, without the empty line.
  package let text: [UInt8]
  /// In the order of their lines; one at least.
  package private(set) var signatures: [NoteSignature]

  /// Signs a text for the first time.
  ///
  /// Precondition: the text ends in a newline.
  package init(text: [UInt8], signatures: [NoteSignature]) {
    precondition(text.last == 0x0A && !signatures.isEmpty, "a note without end or signature")
    self.text = text
    self.signatures = signatures
  }

  /// Reads exactly one note; any other bytes are refused: `bytes` gives them back.
  package init(_ bytes: [UInt8]) throws(NoteError) {
    guard bytes.count <= SignedNote.byteCountMax else { throw .tooLong(byteCount: bytes.count) }
    if let offset = bytes.firstIndex(where: { $0 < 0x20 && $0 != 0x0A }) {
      throw .controlCharacter(byteOffset: offset)
    }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
    // The text may hold empty lines; the last one parts it from the signatures.
    guard bytes.last == 0x0A,
      let end = bytes.indices.dropLast().last(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A }
      ),
      end + 2 < bytes.count
    else { throw .noSignatures }
    let lines = bytes[(end + 2)...].dropLast().split(
      separator: 0x0A, omittingEmptySubsequences: false)
    guard lines.count <= SignedNote.signatureCountMax else {
      throw .tooManySignatures(count: lines.count)
    }
    var signatures: [NoteSignature] = []
    for (position, line) in lines.enumerated() {
      guard let signature = NoteSignature(line: line) else {
        throw .malformedSignature(position: position)
      }
      signatures.append(signature)
    }
    text = Array(bytes[...end])
    self.signatures = signatures
  }

  /// Text, empty line and signature lines.
  package var bytes: [UInt8] {
    text + [0x0A] + signatures.flatMap { Array($0.line.utf8) }
  }

  /// The signatures of known keys, all of them valid, each key once, in the order of `keys`.
  ///
  /// Signatures of other keys are ignored, also when they share a name or a key id with a known
  /// one. Throws when a known key's signature is bad, and when there is none of any known key.
  package func verified(
    under keys: [VerifierKey]
  ) throws(NoteError) -> [VerifiedSignature] {
    var result: [VerifiedSignature] = []
    for key in keys where !result.contains(where: { $0.key == key }) {
      let own = signatures.filter { key.isNamed(by: $0) }
      for signature in own where !key.verifies(signature.blob, on: text) {
        throw .badSignature(name: key.name, keyID: key.keyIDHex)
      }
      if let first = own.first { result.append(VerifiedSignature(key: key, blob: first.blob)) }
    }
    guard !result.isEmpty else { throw .noKnownSignature }
    return result
  }

  /// Adds the signature lines of names and key ids that have none yet; how many it added.
  ///
  /// What is there stays: a line from outside must not put another in its place. Lines for which the
  /// limits leave no room are left out.
  package mutating func merge(_ more: [NoteSignature]) -> Int {
    var byteCount = bytes.count
    let before = signatures.count
    for signature in more where !signatures.contains(where: { $0.isOfSameKey(as: signature) }) {
      byteCount += signature.line.utf8.count
      guard signatures.count < SignedNote.signatureCountMax, byteCount <= SignedNote.byteCountMax
      else { break }
      signatures.append(signature)
    }
    return signatures.count - before
  }
}

/// One signature line: who signed, and what.
package struct NoteSignature: Hashable, Sendable {
  private static let mark = Array("— ".utf8)

  package let name: String
  package let keyID: UInt32
  /// What follows the key id: 64 bytes for Ed25519, 72 for a cosignature, others for unknown types.
  package let blob: [UInt8]

  /// Precondition: a name without spaces and plus signs, a blob of one byte at least.
  package init(name: String, keyID: UInt32, blob: [UInt8]) {
    precondition(NoteSignature.isValidName(name) && !blob.isEmpty, "signature of \(name)")
    self.name = name
    self.keyID = keyID
    self.blob = blob
  }

  /// Reads a line without its newline; nil for any that is not exactly one.
  package init?(line: ArraySlice<UInt8>) {
    guard line.starts(with: NoteSignature.mark) else { return nil }
    let fields = line.dropFirst(NoteSignature.mark.count).split(
      separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard fields.count == 2, let name = String(validating: fields[0], as: UTF8.self),
      NoteSignature.isValidName(name),
      let bytes = Base64.bytes(String(decoding: fields[1], as: UTF8.self)), bytes.count > 4
    else { return nil }
    self.name = name
    keyID = bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    blob = Array(bytes.dropFirst(4))
  }

  /// The line, with its newline.
  package var line: String { "— \(name) \(Base64.text(keyID.bigEndianBytes + blob))\n" }

  /// Whether both name the same key: name and key id together do.
  package func isOfSameKey(as other: NoteSignature) -> Bool {
    keyID == other.keyID && name.utf8.elementsEqual(other.name.utf8)
  }

  /// Not empty, no Unicode space, no plus sign; nor a control character, which no note may hold: a
  /// line with one, added to a note, would leave it unreadable.
  private static func isValidName(_ name: String) -> Bool {
    !name.isEmpty
      && name.unicodeScalars.allSatisfy {
        !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20
      }
  }
}

/// A known key's signature that was checked.
package struct VerifiedSignature: Hashable, Sendable {
  package let key: VerifierKey
  package let blob: [UInt8]

  /// When a witness says that it signed, in Unix seconds; nil for a plain signature.
  package var seconds: Int64? { key.kind == .cosignature ? Cosignature(blob)?.seconds : nil }
}

/// Why bytes are no signed note, or one not to be trusted.
package enum NoteError: Error, Hashable, Sendable, CustomStringConvertible {
  case tooLong(byteCount: Int)
  case notUTF8
  case controlCharacter(byteOffset: Int)
  /// No empty line with lines behind it, or no newline at the end.
  case noSignatures
  case tooManySignatures(count: Int)
  /// The signature line at this position, from 0, is none.
  case malformedSignature(position: Int)
  /// A known key's signature does not verify.
  case badSignature(name: String, keyID: String)
  /// No known key has signed.
  case noKnownSignature

  package var description: String {
    switch self {
    case .tooLong(let count):
      "signed note: found \(count) bytes, expected at most \(SignedNote.byteCountMax)"
    case .notUTF8: "signed note: found bytes that are no UTF-8"
    case .controlCharacter(let offset): "signed note: found a control character at byte \(offset)"
    case .noSignatures: "signed note: found no signature lines behind an empty line"
    case .tooManySignatures(let count):
      "signed note: found \(count) signatures, expected at most \(SignedNote.signatureCountMax)"
    case .malformedSignature(let position):
      "signed note: signature line \(position + 1): expected em dash, name and base64"
    case .badSignature(let name, let keyID):
      "signed note: signature of \(JSON5Scanner.quoted(name)) key \(keyID): does not verify"
    case .noKnownSignature: "signed note: found no signature of a known key"
    }
  }
}
