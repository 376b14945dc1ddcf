import Ingest

/// `vigil init`: makes a journal and its key, or gives an unsigned journal one.
enum InitCommand: Command {
  static let specification = CommandSpecification(
    name: "init",
    summary: "make a journal and its signing key, and print its vkey",
    synopsis: "--journal DIR [--origin NAME] [--key FILE] [--adopt]",
    options: [
      .init("--journal", "DIR", "a missing or empty directory, or a journal"),
      .init(
        "--origin", "NAME", "name of a new journal in its checkpoints; default: the host's name"),
      .init(
        "--key", "FILE",
        "the signing key, 32 bytes, mode 0600; made when it is not there; default: DIR/key"),
      .init("--adopt", "take over an unsigned journal of an earlier version"),
    ],
    discussion: [
      "Prints two lines: the origin, and the vkey that checks the journal's checkpoints. Keep the vkey "
        + "where the journal's host cannot change it: vigil verify --vkey then needs no trust in "
        + "journal.json.",
      "On a journal that is there it changes nothing and prints the same. --adopt makes the key, signs "
        + "a checkpoint over what an unsigned journal holds, and records that (key_rotated): what was "
        + "written before it was not protected by a signature, and stays marked as such.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let directory = try arguments.required("--journal")
    let journal =
      arguments.has("--adopt")
      ? try adopt(directory, arguments, tool)
      : try JournalOpening.forWriting(
        directory, origin: arguments.value("--origin"), keyPath: arguments.value("--key"),
        now: tool.now(), tool)
    try journal.close(at: tool.now())
    tool.print("origin \(journal.origin)")
    tool.print("vkey \(journal.vkey.vkey)")
    return .done
  }

  private static func adopt(
    _ directory: String, _ arguments: ParsedArguments, _ tool: Tool
  ) throws -> Journal {
    let storage = try PosixStorage(directory: directory, creating: false)
    let keyFile = try arguments.value("--key").map { path throws(StorageError) in
      try SigningKeyFile(path: path)
    }
    let journal = try Journal.adopt(
      storage, JournalSettings(origin: arguments.value("--origin")), at: tool.now(),
      keyFile: keyFile, randomBytes: SecureRandom.bytes)
    tool.printError("adopted the journal in \(directory): its checkpoints are signed from here on")
    return journal
  }
}
