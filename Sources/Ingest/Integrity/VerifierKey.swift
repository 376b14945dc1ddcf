/// What checks a signature: a name, a signature type and a public key (C2SP signed-note).
///
/// Its text, the vkey, is `<name>+<key id, 8 hex digits>+<base64 of type ‖ public key>`, where the
/// key id is the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key):
///
///     example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
package struct VerifierKey: Hashable, Sendable {
  /// The signature types of the specification that are known here, with their identifier byte.
  package enum Kind: UInt8, Sendable, CaseIterable {
    /// Ed25519 over the note's text.
    case ed25519 = 0x01
    /// A witness's timestamped Ed25519 over a checkpoint (C2SP tlog-cosignature, version 1).
    case cosignature = 0x04
  }

  /// Bytes of the longest name of a key of ours, and of the longest in a vkey.
  package static let nameByteCountMax = Checkpoint.originByteCountMax
  /// Bytes of the longest vkey read: name, 8 digits, base64 of 33 bytes, two plus signs.
  package static let vkeyByteCountMax = nameByteCountMax + 8 + 44 + 2

  package let name: String
  package let kind: Kind
  package let publicKey: Ed25519PublicKey
  /// Identifies the key together with its name; not collision-proof.
  package let keyID: UInt32

  /// Precondition: a valid name.
  package init(name: String, kind: Kind, publicKey: Ed25519PublicKey) {
    precondition(Checkpoint.isValidOrigin(name), "key name \(name)")
    self.name = name
    self.kind = kind
    self.publicKey = publicKey
    keyID = VerifierKey.keyID(name, kind, publicKey)
  }

  /// Reads a vkey. Throws for any text other than the one that `vkey` gives back.
  package init(_ vkey: String) throws(VerifierKeyError) {
    guard vkey.utf8.count <= VerifierKey.vkeyByteCountMax else {
      throw VerifierKeyError(.tooLong, vkey)
    }
    // Base64 has plus signs of its own: only the first two part the fields.
    let fields = vkey.utf8.split(
      separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { throw VerifierKeyError(.fieldCount, vkey) }
    guard let name = String(fields[0]), Checkpoint.isValidOrigin(name) else {
      throw VerifierKeyError(.name, vkey)
    }
    guard let text = String(fields[2]), let bytes = Base64.bytes(text), let type = bytes.first
    else {
      throw VerifierKeyError(.encoding, vkey)
    }
    guard let kind = Kind(rawValue: type) else { throw VerifierKeyError(.type(type), vkey) }
    guard let publicKey = Ed25519PublicKey(Array(bytes.dropFirst())) else {
      throw VerifierKeyError(.keyByteCount(bytes.count - 1), vkey)
    }
    self.init(name: name, kind: kind, publicKey: publicKey)
    guard fields[1].elementsEqual(keyIDHex.utf8) else {
      throw VerifierKeyError(.keyID(expected: keyIDHex), vkey)
    }
  }

  /// The key's text.
  package var vkey: String {
    "\(name)+\(keyIDHex)+\(Base64.text([kind.rawValue] + publicKey.bytes))"
  }

  /// The key id in 8 lower-case hexadecimal digits.
  package var keyIDHex: String { Hexadecimal.text(keyID.bigEndianBytes) }

  /// Whether a signature line of this name and key id is this key's. Names are compared bytewise:
  /// what looks alike is not alike.
  package func isNamed(by signature: NoteSignature) -> Bool {
    signature.keyID == keyID && signature.name.utf8.elementsEqual(name.utf8)
  }

  /// Whether the bytes behind the key id are a signature of this key on a note's text.
  package func verifies(_ blob: [UInt8], on text: [UInt8]) -> Bool {
    switch kind {
    case .ed25519: publicKey.verifies(blob, on: text.span)
    case .cosignature: Cosignature(blob)?.isValid(on: text, publicKey) ?? false
    }
  }

  private static func keyID(_ name: String, _ kind: Kind, _ key: Ed25519PublicKey) -> UInt32 {
    let named = Array(name.utf8) + [0x0A, kind.rawValue] + key.bytes
    let digest = SHA256.digest(named.span)
    return (0..<4).reduce(0) { $0 << 8 | UInt32(digest[$1]) }
  }
}

extension VerifierKey: CustomStringConvertible {
  package var description: String { vkey }
}

/// Why a text is no vkey.
package struct VerifierKeyError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Fault: Hashable, Sendable {
    case tooLong
    case fieldCount
    case name
    case encoding
    case type(UInt8)
    case keyByteCount(Int)
    /// The key id does not follow from name, type and key.
    case keyID(expected: String)
  }

  package let fault: Fault
  /// The text, cut to 80 bytes.
  package let text: String

  init(_ fault: Fault, _ text: String) {
    self.fault = fault
    self.text = FieldLimit.prefix(text, byteCount: 80)
  }

  package var description: String {
    let problem =
      switch fault {
      case .tooLong: "expected at most \(VerifierKey.vkeyByteCountMax) bytes"
      case .fieldCount: "expected name, key id and key, parted by plus signs"
      case .name: "name: expected 1 to 255 bytes without white space"
      case .encoding: "key: expected base64"
      case .type(let type): "key: found signature type \(type), expected 1 or 4"
      case .keyByteCount(let count): "key: found \(count) bytes, expected 32"
      case .keyID(let expected): "key id: expected \(expected)"
      }
    return "vkey \(JSON5Scanner.quoted(text)): \(problem)"
  }
}

extension FixedWidthInteger {
  /// The most significant byte first.
  var bigEndianBytes: [UInt8] {
    stride(from: Self.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: self >> Self($0))
    }
  }
}
