import Ingest
import Report

/// `vigil prove`: writes proof files that anyone checks with the log's vkey alone.
enum ProveCommand: Command {
  static let specification = CommandSpecification(
    name: "prove",
    summary: "write a proof that an entry is in the log, or that the log only grew",
    synopsis: "inclusion INDEX… | consistency OLD  (--journal DIR | --tiles DIR) [--out DIR]",
    options: [
      .init("--journal", "DIR", "the journal to prove from; it is not changed"),
      .init("--tiles", "DIR", "prove from a published log instead: a few files a proof"),
      .init(
        "--out", "DIR",
        "write <index>.tlog-proof or <old>-<new>.consistency-proof there, instead of printing"),
      .init("--with-entry", "put the entry itself into an inclusion proof, not only its hash"),
    ],
    operand: "proof to write",
    operandIsRequired: true,
    discussion: [
      "Inclusion: a C2SP tlog-proof for each entry index, under the newest checkpoint. Its extra "
        + "data is the leaf hash, or with --with-entry the entry.",
      "Consistency: OLD is a tree size, or a file with a checkpoint kept from before (./17 names a "
        + "file). Exit status 1 when the log does not continue that checkpoint.",
      "From a journal, the first proof reads all leaf hashes (32 bytes an entry). Every proof is "
        + "checked before it is written.",
    ])

  private static let indexCountMax = 10_000

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let operands = Array(arguments.operands.dropFirst())
    let output = ProofOutput(directory: arguments.value("--out"), tool: tool)
    switch arguments.operands.first {
    case "inclusion":
      return try inclusion(operands, arguments, output)
    case "consistency":
      guard operands.count == 1 else {
        throw UsageError("consistency: found \(operands.count) operands, expected one OLD")
      }
      guard !arguments.has("--with-entry") else {
        throw UsageError("--with-entry: expected an inclusion proof")
      }
      return try consistency(operands[0], arguments, output)
    default:
      throw UsageError(
        "proof \(Quotation.quoted(arguments.operands.first ?? "")): expected inclusion or "
          + "consistency")
    }
  }

  private static func maker(_ arguments: ParsedArguments) throws -> ProofMaker {
    switch (arguments.value("--journal"), arguments.value("--tiles")) {
    case (let journal?, nil):
      return try ProofMaker(journal: JournalOpening.forReading(journal))
    case (nil, let tiles?):
      return try ProofMaker(published: JournalOpening.forReading(tiles))
    default:
      throw UsageError("expected either --journal or --tiles")
    }
  }

  private static func inclusion(
    _ operands: [String], _ arguments: ParsedArguments, _ output: ProofOutput
  ) throws -> ExitStatus {
    guard (1...indexCountMax).contains(operands.count) else {
      throw UsageError(
        "inclusion: found \(operands.count) indexes, expected 1 to \(indexCountMax)")
    }
    guard operands.count == 1 || arguments.has("--out") else {
      throw UsageError("inclusion of \(operands.count) entries: expected --out DIR for the files")
    }
    let indexes = try operands.map { text in
      guard let index = Int(text), index >= 0, String(index) == text else {
        throw UsageError("index \(Quotation.quoted(text)): expected a whole number from 0")
      }
      return index
    }
    var maker = try maker(arguments)
    for index in indexes {
      let proof = try maker.inclusion(of: index, withEntry: arguments.has("--with-entry"))
      try output.write("\(index).\(InclusionProof.fileExtension)", proof.bytes)
    }
    return .done
  }

  private static func consistency(
    _ operand: String, _ arguments: ParsedArguments, _ output: ProofOutput
  ) throws -> ExitStatus {
    let old: Checkpoint?
    let size: Int
    if let number = Int(operand), String(number) == operand {
      (old, size) = (nil, number)
    } else {
      let checkpoint = try CheckpointOperand.read(operand)
      (old, size) = (checkpoint, checkpoint.size)
    }
    var maker = try maker(arguments)
    if let old {
      try ProveCommand.requireContinued(old, &maker)
    }
    let proof = try maker.consistency(from: size)
    try output.write("\(size)-\(maker.size).\(ConsistencyProof.fileExtension)", proof.bytes)
    return .done
  }

  /// Damage when a checkpoint kept from before is not this log's past.
  private static func requireContinued(_ old: Checkpoint, _ maker: inout ProofMaker) throws {
    let new = maker.checkpoint.checkpoint
    guard old.origin == new.origin else {
      throw TilesError.origin(found: new.origin, expected: old.origin)
    }
    guard old.size <= new.size else {
      throw TilesError.disagreement(
        JournalDamage(
          file: JournalLayout.checkpoint, index: nil, byteOffset: 0,
          expected: "\(old.size) entries or more, as the old checkpoint", found: "\(new.size)"))
    }
    let root = try maker.consistency(from: old.size).oldRoot
    guard root == old.root else {
      throw TilesError.disagreement(
        JournalDamage(
          file: JournalLayout.checkpoint, index: nil, byteOffset: 0,
          expected: "root \(old.root.hex) of \(old.size) entries, as the old checkpoint",
          found: "root \(root.hex)"))
    }
  }
}

/// Where proofs go: files of a directory, or standard output.
struct ProofOutput {
  let directory: String?
  let tool: Tool

  func write(_ name: String, _ bytes: [UInt8]) throws {
    guard let directory else {
      tool.write(String(decoding: bytes, as: UTF8.self))
      return
    }
    let storage = try PosixStorage(directory: directory, creating: true)
    try storage.replace(name, with: bytes.span, .group)
    tool.print("\(directory)/\(name)")
  }
}

/// A checkpoint file named on the command line.
enum CheckpointOperand {
  /// Its signatures are not checked: it is what the caller kept.
  static func read(_ path: String) throws -> Checkpoint {
    let bytes = try InputDescriptor.contents(ofPath: path, byteCountMax: SignedNote.byteCountMax)
    guard let stored = StoredCheckpoint(bytes) else {
      throw UsageError("\(Quotation.quoted(path)): expected a checkpoint, or a tree size")
    }
    return stored.checkpoint
  }
}
