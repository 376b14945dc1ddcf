import GatewayAndScheduler
import Ingest
import Report

/// `vigil token list`: every credential there ever was, without secrets.
struct TokenListing {
  private let state: String
  private let journal: String?
  private let isTable: Bool

  init(_ arguments: ParsedArguments, _ places: TokenPlaces) {
    state = places.state
    journal = places.journal
    isTable = arguments.value("--format") != "jsonl"
  }

  func run(_ tool: Tool) throws -> ExitStatus {
    let store = ServiceTokenStore(try PosixStorage(directory: state, creating: false))
    guard let key = try store.key() else {
      if isTable { tool.printError("no tokens") }
      return .done
    }
    let contents = try store.read(key)
    if contents.isTorn {
      tool.printError("a torn last line was left out: the next create, rotate or revoke removes it")
    }
    let uses = try lastUses(tool)
    let now = tool.now()
    if isTable {
      printTable(contents.table.all, uses, now, tool)
    } else {
      for entry in contents.table.all { tool.print(bytes: json(entry, uses[entry.grant.id], now)) }
    }
    return .done
  }

  /// The newest decision on each credential, as the journal has it.
  private func lastUses(_ tool: Tool) throws -> [String: Timestamp] {
    guard let journal else { return [:] }
    var uses: [String: Timestamp] = [:]
    let analysis = try JournalAnalysis(journal, try ConfigurationFile.load(nil), tool)
    try analysis.forEachRecord { indexed in
      guard case .decision(let decision) = indexed.record.body,
        decision.credential == .serviceToken, let id = decision.credentialID
      else { return }
      uses[id] = indexed.record.header.timestamp
    }
    return uses
  }

  private func printTable(
    _ entries: [ServiceTokenTable.Entry], _ uses: [String: Timestamp], _ now: Timestamp,
    _ tool: Tool
  ) {
    var table = TextTable(columns: [
      .init("id"), .init("for"), .init("state"), .init("scopes", isFlexible: true),
      .init("groups", isFlexible: true), .init("created"), .init("good until"), .init("last use"),
      .init("successor"),
    ])
    for entry in entries {
      let state = entry.state(at: now)
      table.append([
        .init(entry.grant.id), .init(entry.grant.principal),
        .init(state.rawValue, state == .good || state == .overlapping ? nil : .dim),
        .init(entry.grant.scopes.joined(separator: " ")),
        .init(entry.grant.groups.joined(separator: " ")), .init(short(entry.createdAt)),
        .init(goodUntil(entry).map(short) ?? "no end"),
        .init(uses[entry.grant.id].map(short) ?? (journal == nil ? "not asked" : "never")),
        .init(entry.rotation?.successor),
      ])
    }
    for line in table.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
  }

  private func short(_ instant: Timestamp) -> String { String(instant.rfc3339.prefix(19)) + "Z" }

  /// The earliest of its ends.
  private func goodUntil(_ entry: ServiceTokenTable.Entry) -> Timestamp? {
    [entry.revokedAt, entry.rotation?.goodUntil, entry.grant.expiresAt].compactMap { $0 }.min()
  }

  private func json(
    _ entry: ServiceTokenTable.Entry, _ lastUse: Timestamp?, _ now: Timestamp
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("id", entry.grant.id)
    writer.field("principal", entry.grant.principal)
    writer.field("state", entry.state(at: now).rawValue)
    writer.field("scopes", entry.grant.scopes)
    writer.field("groups", entry.grant.groups)
    writer.field("zone", entry.grant.zone)
    writer.field("created_at", entry.createdAt)
    writer.field("expires_at", entry.grant.expiresAt)
    writer.field("good_until", goodUntil(entry))
    writer.field("last_use", lastUse)
    writer.field("replaces", entry.replaces)
    writer.field("successor", entry.rotation?.successor)
    writer.field("revoked_at", entry.revokedAt)
    writer.field("reason", entry.revocationReason)
    writer.endObject()
    return writer.bytes
  }
}
