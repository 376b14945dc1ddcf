import GatewayAndScheduler
import Ingest

/// `vigil witness`: cosigns the checkpoints of other hosts' journals, as long as they only grow.
enum WitnessCommand: Command {
  static let specification = CommandSpecification(
    name: "witness",
    summary: "cosign the checkpoints of journals that only grow (C2SP tlog-witness)",
    synopsis:
      "--store DIR --key FILE --trust VKEY… [--name NAME] (--listen 127.0.0.1:PORT | --socket PATH)",
    options: [
      .init("--store", "DIR", "the last checkpoint cosigned for each origin; made when missing"),
      .init("--key", "FILE", "the witness's key, 32 bytes, mode 0600; made when missing"),
      .init(
        "--trust", "VKEY", isRepeatable: true,
        "a journal's vkey: its checkpoints are cosigned; several of one name are keys of one journal"
      ),
      .init(
        "--name", "NAME",
        "the witness's name in its signatures, part of its key id: keep it; default: the host's name"
      ),
      .init(
        "--listen", "ADDRESS", "127.0.0.1:PORT or [::1]:PORT; port 0 takes a free one"),
      .init("--socket", "PATH", "a Unix socket, mode 0600"),
    ],
    discussion: [
      "Prints its vkey (for vigil verify --witness-key), then serves POST /add-checkpoint and "
        + "GET /<SHA-256 of the origin>/checkpoint until SIGINT or SIGTERM. No cosignature leaves before "
        + "its record is on stable storage. It knows no TLS: put a proxy in front of it, or use a socket.",
      "Run it on another host than the journal's, under another owner: it is what keeps whoever holds the "
        + "journal's key from rewriting the past. Its store must never be set back.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let endpoint = try WitnessListening.endpoint(arguments)
    let origins = try origins(arguments)
    let signer = try signer(arguments)
    let path = try arguments.required("--store")
    _ = try PosixStorage(directory: path, creating: true)
    let errors = BackgroundReports()
    let witness = Witness(
      of: origins, store: try WitnessDirectory(path), cryptography: NoteCryptography(signer),
      now: Assembly.unixSeconds, reportingTo: { origin, error in errors.add("\(origin): \(error)") }
    )
    var router = Router()
    router.addWitness(witness)
    StopSignal.install()
    let server = try Assembly.witnessServer(endpoint, router)
    tool.print("vkey \(signer.key.vkey)")
    _ = tool.flush()
    tool.printError("vigil witness: listening on \(server.endpoint)")
    serve(server, errors, tool)
    return .done
  }

  /// Until a signal comes; then whoever is being answered gets the answer.
  private static func serve(_ server: HTTPServer, _ errors: BackgroundReports, _ tool: Tool) {
    while !StopSignal.wasReceived {
      StopSignal.sleep(milliseconds: pollMilliseconds)
      for line in errors.takeAll() { tool.printError("vigil witness: \(line)") }
    }
    Blocking.wait { await server.stop(draining: drainMax) }
    for line in errors.takeAll() { tool.printError("vigil witness: \(line)") }
  }

  private static let pollMilliseconds: Int32 = 250
  private static let drainMax: Duration = .seconds(5)

  private static func origins(_ arguments: ParsedArguments) throws(UsageError) -> [WitnessedOrigin]
  {
    let keys = try SignatureOptions.keys(arguments, "--trust", .ed25519)
    guard !keys.isEmpty else { throw UsageError("--trust is missing: expected at least one vkey") }
    return Dictionary(grouping: keys, by: \.name).sorted { $0.key < $1.key }.map { name, keys in
      WitnessedOrigin(name: name, keys: keys.map(\.vkey))
    }
  }

  private static func signer(_ arguments: ParsedArguments) throws -> NoteSigner {
    let name = arguments.value("--name") ?? Assembly.hostName()
    guard Checkpoint.isValidOrigin(name) else {
      throw UsageError(
        "--name \(Quotation.quoted(name)): expected a name without white space or plus sign")
    }
    let file = try SigningKeyFile(path: try arguments.required("--key"))
    let key = try file.readOrMake(randomBytes: SecureRandom.bytes)
    return NoteSigner(name: name, kind: .cosignature, key)
  }
}

/// Where a witness is to listen.
private enum WitnessListening {
  static func endpoint(_ arguments: ParsedArguments) throws(UsageError) -> HTTPEndpoint {
    switch (arguments.value("--listen"), arguments.value("--socket")) {
    case (nil, let path?): return .unixSocket(path: path)
    case (let address?, nil): return try loopback(address)
    case (nil, nil): throw UsageError("--listen or --socket is missing: expected one of them")
    case (_?, _?): throw UsageError("--listen and --socket: expected one of them")
    }
  }

  private static func loopback(_ address: String) throws(UsageError) -> HTTPEndpoint {
    if let endpoint = ListeningAddress.endpoint(address) { return endpoint }
    throw UsageError(
      "--listen \(Quotation.quoted(address)): expected 127.0.0.1:PORT or [::1]:PORT")
  }
}
