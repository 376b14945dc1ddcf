import Detect
import Ingest
import Report

/// `vigil check-export`: whether an evidence package is what it says, with no journal at hand.
enum CheckExportCommand: Command {
  static let specification = CommandSpecification(
    name: "check-export",
    summary: "check an evidence package, with no journal at hand",
    synopsis: "DIR|FILE.zip [--vkey VKEY] [--signer VKEY]… [--config FILE]",
    options: [
      .init("--vkey", "VKEY", "the log's verifier key, as you know it from elsewhere"),
      .init(
        "--signer", "VKEY", isRepeatable: true,
        "another key whose signature on the manifest counts: of an export made with --key-name"),
      .init(
        "--config", "FILE",
        "the configuration that the export was made with, to make findings again"),
    ],
    operand: "a package: its directory, or one .zip file",
    operandIsRequired: true,
    discussion: [
      "Checks the signatures, the list of files and their hashes, and that the entries' bytes lead to "
        + "the checkpoint's root. Then every row is made from the entries again and compared byte for "
        + "byte. What cannot be made again, and so rests on the signature only, is said.",
      "A .zip is unpacked into a folder of its own under TMPDIR, else /tmp, which is removed at the end. "
        + "Refused before a byte is unpacked: names that are not of a package, a name twice, more "
        + "than 64 GiB together, or more than 200 bytes for each of the archive.",
      "Without --vkey the key that the package itself names is used: that shows the package whole, not "
        + "whose it is. Exit status 1 when the package is refused: the file, the place, what was found "
        + "and what was expected.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    guard arguments.operands.count == 1, let directory = arguments.operands.first else {
      throw UsageError("\(arguments.operands.count) packages: expected one")
    }
    let configuration = try ConfigurationFile.load(arguments.value("--config"))
    let zones = configuration.zones
    var settings = ExportCheck.Settings(
      detection: configuration.detection, window: configuration.joinWindow,
      zones: RecordedZones(zones) { zones.dataDigest(of: $0) }, identify: Identifier.hash)
    settings.logKey = try SignatureOptions.keys(arguments, "--vkey", .ed25519).first
    settings.signerKeys = try SignatureOptions.keys(arguments, "--signer", .ed25519)
    let name = TerminalText.escaped(directory)
    var bar = ProgressBar(tool)
    let archive = try PackageZip(directory)
    defer { try? archive?.removeUnpacked() }
    do {
      let package =
        try archive?.unpacked { bar.show($0) } ?? JournalOpening.forReading(directory)
      let verdict = try ExportCheck(package, settings) { bar.show($0) }.run()
      bar.end()
      tell(verdict, name, tool)
      return .done
    } catch let refusal as ExportRefusal {
      bar.end()
      let word = tool.style("REFUSED", .boldRed)
      tool.print("\(name): \(word): \(TerminalText.escaped(refusal.description))")
      return .damaged
    }
  }

  private static func tell(_ verdict: ExportCheck.Verdict, _ name: String, _ tool: Tool) {
    let manifest = verdict.manifest
    let word = tool.style("ok", .green)
    tool.print(
      "\(name): \(word): \(manifest.origin), entries \(manifest.range.lowerBound) to "
        + "\(manifest.range.upperBound - 1) under the checkpoint of \(manifest.checkpoint.size), root "
        + manifest.checkpoint.root.hex)
    let since = manifest.query.since?.rfc3339 ?? "the beginning"
    let until = manifest.query.until?.rfc3339 ?? "the end"
    tool.print("period: \(since) to \(until), by event time")
    if let filter = manifest.query.filter {
      tool.print(
        "only rows of records that match \(TerminalText.escaped(filter)), and of their runs and requests"
      )
    }
    tool.print(
      "made \(manifest.madeAt.rfc3339) by \(TerminalText.escaped(manifest.madeBy)), "
        + "\(TerminalText.escaped(manifest.tool)); signed by \(verdict.signer.vkey)"
        + (manifest.isRecorded ? "" : "; not recorded in the journal"))
    for table in manifest.tables {
      tool.print("\(table.name): \(Quantity.count(table.rowCount)) rows")
    }
    tool.print(
      "made again from the entries: \(verdict.derivedFiles.count) files, equal byte for byte")
    if !verdict.attestedFiles.isEmpty {
      tool.print("by signature only: \(verdict.attestedFiles.joined(separator: " "))")
    }
    for reason in verdict.reasons { tool.print("note: \(reason)") }
    if verdict.isKeyItsOwn {
      tool.print(
        "note: the key is the package's own word: compare it with what you know, or give --vkey")
    }
  }
}
