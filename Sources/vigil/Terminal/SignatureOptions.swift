import Ingest

/// Keys and quorums on the command line.
enum SignatureOptions {
  /// Most witnesses that one command knows.
  static let witnessCountMax = 32

  /// Reads the vkeys under `name`, each of this kind.
  static func keys(
    _ arguments: ParsedArguments, _ name: String, _ kind: VerifierKey.Kind
  ) throws(UsageError) -> [VerifierKey] {
    var keys: [VerifierKey] = []
    for text in arguments.all(name) { keys.append(try key(text, name, kind)) }
    guard keys.count <= witnessCountMax else {
      throw UsageError("\(name) given \(keys.count) times: expected at most \(witnessCountMax)")
    }
    return keys
  }

  private static func key(
    _ text: String, _ name: String, _ kind: VerifierKey.Kind
  ) throws(UsageError) -> VerifierKey {
    let key: VerifierKey
    do throws(VerifierKeyError) {
      key = try VerifierKey(text)
    } catch {
      throw UsageError("\(name): \(error)")
    }
    guard key.kind == kind else {
      throw UsageError(
        "\(name) \(Quotation.quoted(text)): found a key of type \(key.kind.rawValue), "
          + "expected \(kind.rawValue), that of a \(kind == .cosignature ? "witness" : "log")")
    }
    return key
  }

  /// `--quorum`: from 1 to the number of witnesses; all of them when it is left out.
  static func quorum(
    _ arguments: ParsedArguments, of count: Int, _ witnesses: String
  ) throws(UsageError) -> Int {
    guard let text = arguments.value("--quorum") else { return count }
    guard let quorum = Int(text), quorum >= 1, quorum <= count else {
      throw UsageError(
        "--quorum \(Quotation.quoted(text)): expected a whole number from 1 to the \(count) of "
          + witnesses)
    }
    return quorum
  }

  /// What `verify` and its kin go by: `--vkey`, `--witness-key` and `--quorum`.
  static func trust(_ arguments: ParsedArguments) throws(UsageError) -> CheckpointTrust {
    let witnesses = try keys(arguments, "--witness-key", .cosignature)
    return CheckpointTrust(
      logKey: try keys(arguments, "--vkey", .ed25519).first, witnessKeys: witnesses,
      quorum: try quorum(arguments, of: witnesses.count, "--witness-key"))
  }

  /// Checkpoints kept outside the journal, from the files under `--checkpoint`.
  static func outsideCheckpoints(_ arguments: ParsedArguments) throws -> [OutsideCheckpoint] {
    try arguments.all("--checkpoint").map { path in
      let bytes = try InputDescriptor.contents(
        ofPath: path, byteCountMax: SignedNote.byteCountMax)
      guard let stored = StoredCheckpoint(bytes) else {
        throw UsageError("--checkpoint \(Quotation.quoted(path)): expected one checkpoint")
      }
      return OutsideCheckpoint(stored, name: path)
    }
  }
}
