import Ingest

/// `vigil record`: one record from standard input into a journal, a running writer's or not.
enum RecordCommand: Command {
  static let specification = CommandSpecification(
    name: "record",
    summary: "append one record to a journal, also while a writer runs",
    synopsis: "--journal DIR < RECORD",
    options: [.init("--journal", "DIR", "the journal; it must be there")],
    discussion: [
      "Reads one line from standard input: a record as Documentation/Records.md describes it. A "
        + "decision, approval, alert or control record is marked as imported; secrets are redacted.",
      "While a writer runs (vigil ingest --follow) the record is handed to it through "
        + "DIR/writer.sock; otherwise this command takes the lock itself.",
      "Prints the acknowledgement once the record is on stable storage, one JSON object: appended "
        + "with its index; duplicate, when it is there already; conflict with its index, when another "
        + "record has its source and id. Repeating the command is safe.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let directory = try arguments.required("--journal")
    let (line, bytes) = try readLine()
    let hand = try JournalHand(directory: directory, now: tool.now)
    let record = try parse(line, bytes, secret: try hand.secret())
    let acknowledgement = try hand.append(record)
    tool.print(bytes: WriterAnswer.acknowledged(acknowledgement).json)
    try hand.close()
    return .done
  }

  /// Exactly one line that is not blank.
  private static func readLine() throws -> (LineBuffer.Line, [UInt8]) {
    var reader = LineReader(try InputFile.open(InputFile.standardInputName))
    var found: (LineBuffer.Line, [UInt8])?
    while let line = try reader.next(discarding: { _ in }) {
      var bytes: [UInt8] = []
      bytes.append(copying: reader.bytes(of: line))
      if !line.isOverlong, bytes.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { continue }
      guard found == nil else {
        throw UsageError("standard input: found a second line, expected one record")
      }
      found = (line, bytes)
    }
    guard let found else { throw UsageError("standard input: found no line, expected one record") }
    return found
  }

  private static func parse(
    _ line: LineBuffer.Line, _ bytes: [UInt8], secret: [UInt8]
  ) throws -> Record {
    let plan = InputPlan(
      label: "standard input", paths: [], format: .record, settings: LogSettings())
    var intake = LineIntake(plan, index: 0, secret: secret)
    var rejection: RejectedLine?
    let record = intake.take(
      line, bytes.span, path: InputFile.standardInputName, overlongDigest: nil
    ) { rejected, _ in rejection = rejected }
    if let record { return record }
    let found = rejection.map { "\($0.reason) \($0.detail ?? "")" } ?? "a blank line"
    throw UsageError("standard input: found \(found), expected one record")
  }
}
