import Ingest
import Report

/// `vigil check-proof`: says what a proof file proves, with a vkey and no journal at hand.
enum CheckProofCommand: Command {
  static let specification = CommandSpecification(
    name: "check-proof",
    summary: "check proof files against a log's vkey, with no journal at hand",
    synopsis:
      "FILE… --vkey VKEY [--entry FILE | --old FILE] [--witness-key VKEY… [--quorum N]]",
    options: [
      .init("--vkey", "VKEY", "the log's verifier key: name+id+key"),
      .init(
        "--entry", "FILE", "the entry, for one inclusion proof; a newline at its end is ignored"),
      .init(
        "--old", "FILE", "a checkpoint kept from before, which a consistency proof must begin at"),
      .init(
        "--witness-key", "VKEY", isRepeatable: true, "a witness whose cosignature counts"),
      .init("--quorum", "N", "how many of them must have cosigned; default: all"),
    ],
    operand: "proof file",
    operandIsRequired: true,
    discussion: [
      "Takes C2SP tlog-proof files and Vigil's consistency proofs. Without --entry an inclusion "
        + "proof is checked for the entry, or the leaf hash, in its extra data.",
      "Exit status 1 when a proof is refused: what was expected, and what was found.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let check = try ProofCheck(arguments)
    var status = ExitStatus.done
    for file in arguments.operands {
      let name = Quotation.quoted(file)
      let bytes = try InputDescriptor.contents(
        ofPath: file, byteCountMax: InclusionProof.byteCountMax)
      let refusal: any Error
      do {
        for line in try check.run(bytes) { tool.print("\(name): \(line)") }
        continue
      } catch let error as ProofRefusal {
        refusal = error
      } catch let error as ProofFormatError {
        refusal = error
      }
      status = .damaged
      let verdict = tool.style("REFUSED", .boldRed)
      tool.print("\(name): \(verdict): \(TerminalText.escaped("\(refusal)"))")
    }
    return status
  }
}

/// What proofs are checked against.
private struct ProofCheck {
  let key: VerifierKey
  let entry: [UInt8]?
  let old: Checkpoint?
  let trust: CheckpointTrust

  init(_ arguments: ParsedArguments) throws {
    trust = try SignatureOptions.trust(arguments)
    guard let key = trust.logKey else { throw UsageError("--vkey is missing") }
    self.key = key
    if arguments.has("--entry"), arguments.operands.count > 1 {
      throw UsageError("--entry with \(arguments.operands.count) proof files: expected one")
    }
    entry = try arguments.value("--entry").map { path in
      // One byte more than an entry has, for the newline behind it in a journal.
      let bytes = try InputDescriptor.contents(
        ofPath: path, byteCountMax: EntryBundle.entryByteCountMax + 1)
      return bytes.last == 0x0A ? bytes.dropLast() : bytes
    }
    old = try arguments.value("--old").map { try CheckpointOperand.read($0) }
  }

  /// What the file proves, in lines; throws a refusal.
  func run(_ bytes: [UInt8]) throws -> [String] {
    if bytes.starts(with: Array(ConsistencyProof.firstLine.utf8)) {
      return try consistency(try ConsistencyProof(bytes))
    }
    return try inclusion(try InclusionProof(bytes))
  }

  private func inclusion(_ proof: InclusionProof) throws -> [String] {
    if old != nil {
      throw UsageError("--old with an inclusion proof: expected --entry, or neither")
    }
    let extra = proof.extra.flatMap { ProofExtra($0) }
    let given = entry.map { ProofExtra.entry($0) }
    guard let subject = given ?? extra else {
      throw UsageError("the proof carries no entry and no leaf hash: expected --entry FILE")
    }
    if let given, let extra, given.leaf != extra.leaf {
      throw ProofRefusal.leaf(found: given.leaf, expected: extra.leaf)
    }
    try proof.verify(leaf: subject.leaf, by: key)
    let checkpoint = proof.checkpoint.checkpoint
    let what =
      switch subject {
      case .entry(let bytes):
        given == nil
          ? "the entry in the proof (\(bytes.count) bytes)" : "the entry (\(bytes.count) bytes)"
      case .leafHash: "an entry, its bytes not seen,"
      }
    return [
      "\(what) with leaf hash \(subject.leaf.hex) is entry \(proof.index) of \(checkpoint.size) of "
        + "\(checkpoint.origin)"
    ] + (try witnessLines(proof.checkpoint))
  }

  private func consistency(_ proof: ConsistencyProof) throws -> [String] {
    if entry != nil {
      throw UsageError("--entry with a consistency proof: expected --old, or neither")
    }
    try proof.verify(by: key, continuing: old)
    let new = proof.checkpoint.checkpoint
    let kept =
      old == nil ? "root \(proof.oldRoot.hex) (compare it with what you kept)" : "that root"
    return [
      "\(new.origin) grew from \(proof.oldSize) entries with \(kept) to \(new.size) with root "
        + new.root.hex
    ] + (try witnessLines(proof.checkpoint))
  }

  private func witnessLines(_ signed: SignedCheckpoint) throws -> [String] {
    let names = try signed.vouchers(under: trust)
    return names.isEmpty ? [] : ["cosigned by \(names.joined(separator: ", "))"]
  }
}
