import GatewayAndScheduler
import Ingest
import Report

/// `vigil token`: service tokens, made, rotated, revoked and listed.
enum TokenCommand: Command {
  static let specification = CommandSpecification(
    name: "token",
    summary: "make, rotate, revoke and list service tokens",
    synopsis:
      "create --for NAME --scope S… [--group G…] [--zone Z] [--expires 90d|never] | "
      + "rotate ID --overlap 1h | revoke ID [--reason TEXT] | list [--format F]   "
      + "[--config FILE | --state DIR --journal DIR]",
    options: [
      ServeDefaults.option,
      .init(
        "--state", "DIR",
        "the state directory of vigil serve, in place of the configuration's; it must be there"),
      .init("--journal", "DIR", "the journal, which is told; with list: where last uses stand"),
      .init("--for", "NAME", "create: the principal that the token stands for"),
      .init(
        "--scope", "S", isRepeatable: true,
        "create: what it is good for: ACTION or ACTION:JOB, as run:trigger:etl-*"),
      .init("--group", "G", isRepeatable: true, "create: a group of the principal"),
      .init("--zone", "Z", "create: IANA time zone of the principal, for hours in the policy"),
      .init("--expires", "D", "create: how long it is good, as 30d, 12h, or never; 90d by itself"),
      .init(
        "--overlap", "D", "rotate: how long the old one is still good, as 1h; 0s for not at all"),
      .init("--reason", "TEXT", "revoke: why, for the record"),
      .init("--by", "NAME", "who does this, for the record; default: the login name"),
      .init("--format", "F", choices: ["table", "jsonl"], "list: how to print"),
    ],
    operand: "create, rotate, revoke or list", operandIsRequired: true,
    discussion: [
      "create and rotate print the token on standard output, once; nothing that is kept can bring it back. "
        + "STATE/tokens.jsonl has a keyed hash of it, under STATE/token-key. A running vigil serve heeds a "
        + "change from the next request on.",
      "rotate makes a new credential with a new id; the old one is good until the overlap ends. A use of "
        + "it afterwards is denied, recorded, and the finding token_after_rotation.",
      "Every one of these is a record in the journal, also while a writer runs. A new credential is "
        + "recorded before it is good; what is taken away is taken away first. After an error repeat the "
        + "command: what the journal was not told is told then.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let verb = arguments.operands[0]
    let options: [String: Set<String>] = [
      "create": ["--for", "--scope", "--group", "--zone", "--expires", "--by"],
      "rotate": ["--overlap", "--by"], "revoke": ["--reason", "--by"], "list": ["--format"],
    ]
    guard let known = options[verb]?.union(["--config", "--state", "--journal"]) else {
      throw UsageError("\(Quotation.quoted(verb)): expected create, rotate, revoke or list")
    }
    for option in specification.options.map(\.name)
    where !known.contains(option) && arguments.has(option) {
      throw UsageError("\(option) with \(verb): expected none")
    }
    let rest = arguments.operands.dropFirst()
    let takesID = verb == "rotate" || verb == "revoke"
    guard rest.count == (takesID ? 1 : 0) else {
      throw UsageError(
        "\(rest.count) operands after \(verb): expected \(takesID ? "an ID" : "none")")
    }
    if verb == "list" {
      return try TokenListing(arguments, TokenPlaces(arguments, tool)).run(tool)
    }
    return try change(verb, rest.first ?? "", arguments, tool)
  }

  private static func change(
    _ verb: String, _ id: String, _ arguments: ParsedArguments, _ tool: Tool
  ) throws -> ExitStatus {
    // Everything about the wish is checked before the journal is touched.
    let wish = verb == "create" ? try self.wish(arguments) : nil
    let overlap =
      verb == "rotate"
      ? try DurationOption.seconds(arguments.required("--overlap"), "--overlap") : 0
    let places = try TokenPlaces(arguments, tool)
    let storage = try PosixStorage(directory: places.state, creating: false)
    let hand = try JournalHand(directory: try places.requiredJournal(), now: tool.now)
    let issuer = ServiceTokenIssuer(
      ServiceTokenStore(storage), by: try name(arguments), randomBytes: SecureRandom.bytes(count:)
    ) { record in _ = try hand.append(record) }
    do {
      switch verb {
      case "create":
        if let wish { show(try issuer.create(wish, at: tool.now()), tool) }
      case "rotate":
        show(try issuer.rotate(id, overlapSeconds: overlap, at: tool.now()), tool)
      default:
        try issuer.revoke(id, reason: arguments.value("--reason"), at: tool.now())
        tool.printError("token \(id) is revoked")
      }
    } catch {
      // The first error is the one to tell.
      try? hand.close()
      throw error
    }
    try hand.close()
    return .done
  }

  /// Nil where nobody is named: a service account without a login name still makes tokens.
  private static func name(_ arguments: ParsedArguments) throws -> String? {
    guard arguments.has("--by") || Assembly.loginName() != nil else { return nil }
    return try Person.named(arguments)
  }

  private static func show(_ token: ServiceTokenText, _ tool: Tool) {
    tool.print(token.reveal())
    tool.printError("token \(token.id): shown once, keep it where secrets are kept")
  }

  private static func wish(
    _ arguments: ParsedArguments
  ) throws(UsageError) -> ServiceTokenIssuer.Wish {
    var wish = ServiceTokenIssuer.Wish(
      principal: try arguments.required("--for"), scopes: arguments.all("--scope"))
    if wish.scopes.isEmpty { throw UsageError("--scope is missing") }
    wish.groups = arguments.all("--group")
    if let zone = arguments.value("--zone") {
      guard Assembly.zones().knows(zone) else {
        throw UsageError(
          "--zone \(Quotation.quoted(zone)): expected an IANA time zone that this system knows")
      }
      wish.zone = zone
    }
    let expires = arguments.value("--expires") ?? "90d"
    wish.secondsGood = expires == "never" ? nil : try DurationOption.seconds(expires, "--expires")
    return wish
  }
}

/// The state directory and its journal: both of one `vigil serve`.
struct TokenPlaces {
  let state: String
  /// Nil where only a state directory was named: another configuration's journal is not its.
  let journal: String?

  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    let isNeeded = !arguments.has("--state") && !arguments.has("--journal")
    let defaults = try ServeDefaults(arguments, isNeeded: isNeeded, tool)
    state = try defaults.value(arguments, "--state", \.state)
    journal = arguments.value("--journal") ?? defaults.configuration?.serve.journal
  }

  func requiredJournal() throws(UsageError) -> String {
    guard let journal else {
      throw UsageError("--journal is missing: \(ServeDefaults.hint) without --state")
    }
    return journal
  }
}
