import GatewayAndScheduler
import Ingest
import Report

/// `vigil checkpoint`: signs the journal's state now, and asks witnesses to vouch for it.
enum CheckpointCommand: Command {
  static let specification = CommandSpecification(
    name: "checkpoint",
    summary: "sign a journal's state now, also while a writer runs, and print the note",
    synopsis: "--journal DIR [--key FILE] [--witness URL [--witness-key VKEY]]… [--quorum N]",
    options: [
      .init("--journal", "DIR", "the journal"),
      .init(
        "--key", "FILE",
        "its signing key, where it is not DIR/key; not needed while a writer runs, who has it"),
      .init(
        "--witness", "URL", isRepeatable: true,
        "a witness's submission prefix: https://host/prefix, http://…, or unix:/path/of/socket"),
      .init(
        "--witness-key", "VKEY", isRepeatable: true,
        "keep only cosignatures that one of these keys gave; without it all are kept unchecked"),
      .init(
        "--quorum", "N", "witnesses that must answer with a cosignature; default: all of them"),
    ],
    discussion: [
      "While a writer runs (vigil ingest --follow) it is asked through DIR/writer.sock to sign, and to "
        + "keep what the witnesses gave; otherwise this command takes the lock itself, for each of the "
        + "two for a moment. An import does not listen: this waits 5 s for it and gives up.",
      "Prints the signed checkpoint with its cosignatures. Keep it where the journal's host cannot "
        + "change it: vigil verify --checkpoint FILE then finds any rewriting of what it covers.",
      "A request is recorded (checkpoint_signed) only when there are entries that no checkpoint covers. "
        + "What the witnesses gave is kept in DIR/checkpoint and DIR/checkpoints.",
      "Exit status 1 when a witness refuses the tree or knows a larger one (the journal's past is not "
        + "what it was); 4 when fewer witnesses than --quorum answered, or when nobody could sign or "
        + "keep. The note is printed before it is kept: what the witnesses gave is in it in any case.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let directory = try arguments.required("--journal")
    let witnesses = try addresses(arguments)
    let keys = try SignatureOptions.keys(arguments, "--witness-key", .cosignature)
    let quorum = try SignatureOptions.quorum(arguments, of: witnesses.count, "--witness")
    let keyFile = try arguments.value("--key").map { path throws(StorageError) in
      try SigningKeyFile(path: path)
    }
    let hand = try JournalHand(directory: directory, keyFile: keyFile, now: tool.now)
    guard var note = try hand.checkpoint() else {
      tool.printError("vigil checkpoint: \(directory): no entries yet, so there is nothing to sign")
      return .usage
    }
    var round = WitnessRound(note, trusting: keys, try JournalOpening.forReading(directory))
    var outcomes: [WitnessRound.Outcome] = []
    for address in witnesses {
      let outcome = round.ask(address)
      tool.printError("witness \(TerminalText.escaped(outcome.description))")
      outcomes.append(outcome)
    }
    let addedCount = note.merge(outcomes.flatMap(\.signatures))
    tool.write(String(decoding: note.note.bytes, as: UTF8.self))
    if addedCount > 0 { try hand.keep(note) }
    try hand.close()
    if outcomes.contains(where: \.contradicts) { return .damaged }
    return outcomes.count(where: \.hasCosigned) >= quorum ? .done : .unwritable
  }

  private static func addresses(
    _ arguments: ParsedArguments
  ) throws(UsageError) -> [WitnessAddress] {
    var addresses: [WitnessAddress] = []
    for text in arguments.all("--witness") {
      guard let address = WitnessAddress(text) else {
        throw UsageError(
          "--witness \(Quotation.quoted(text)): expected https://…, http://… or unix:/path")
      }
      addresses.append(address)
    }
    guard addresses.count <= SignatureOptions.witnessCountMax else {
      throw UsageError(
        "--witness given \(addresses.count) times: expected at most "
          + "\(SignatureOptions.witnessCountMax)")
    }
    return addresses
  }
}
