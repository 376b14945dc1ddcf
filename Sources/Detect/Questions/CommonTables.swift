internal import Ingest

/// All rows, in the order of the lines that they are of, and all names by one numbering.
struct CommonTables: Sendable {
  private(set) var triggers: [TriggerRow] = []
  private(set) var runs: [RunRow] = []
  private(set) var finished: [FinishedRow] = []
  private(set) var names: CommonNames
  private(set) var gatewayCount = 0
  private(set) var eventCount = 0
  /// By input.
  private(set) var malformedCounts = [0, 0]
  private(set) var malformed: [[MalformedLine]] = [[], []]
  let secret: TextTable.Secret

  init(_ result: ChunkCrew.Result<CommonWorker>, _ secret: TextTable.Secret) {
    self.secret = secret
    names = CommonNames(
      principals: TextTable(secret), jobs: TextTable(secret), identifiers: TextTable(secret))
    var result = result
    let maps = result.knowledge.map { names.take($0) }
    result.knowledge = []
    for input in result.products.indices {
      let products = exchange(&result.products[input], with: [])
      reserve(products.map(\.product))
      for (worker, product) in products { take(product, input, maps[worker]) }
    }
  }

  private mutating func reserve(_ products: [CommonRows]) {
    triggers.reserveCapacity(triggers.count + products.reduce(0) { $0 + $1.triggers.count })
    runs.reserveCapacity(runs.count + products.reduce(0) { $0 + $1.runs.count })
    finished.reserveCapacity(finished.count + products.reduce(0) { $0 + $1.finished.count })
  }

  private mutating func take(_ rows: CommonRows, _ input: Int, _ map: NameMap) {
    if input == 0 { gatewayCount += rows.lineCount } else { eventCount += rows.lineCount }
    malformedCounts[input] += rows.malformedCount
    malformed[input] += rows.malformed.prefix(MalformedLine.countMax - malformed[input].count)
    for var row in rows.triggers {
      row.principal = map.principals[Int(row.principal)]
      row.identifier = map.identifier(row.identifier, row.traits.contains(.requestIsText))
      triggers.append(row)
    }
    for var row in rows.runs {
      row.job = map.jobs[Int(row.job)]
      row.request = map.identifier(row.request, row.traits.contains(.requestIsText))
      row.run = map.identifier(row.run, row.traits.contains(.runIsText))
      runs.append(row)
    }
    for var row in rows.finished {
      row.job = map.jobs[Int(row.job)]
      row.request = map.identifier(row.request, row.traits.contains(.requestIsText))
      row.run = map.identifier(row.run, row.traits.contains(.runIsText))
      finished.append(row)
    }
  }

  /// A run's id as text.
  func text(run: EventIdentifier, _ traits: IdentifierTraits) -> [UInt8] {
    guard traits.contains(.runIsText) else { return run.uuidText }
    var text: [UInt8] = []
    text.append(copying: names.identifiers.text(Int(run.low)))
    return text
  }
}

/// From a worker's numbers to those of all.
struct NameMap: Sendable {
  fileprivate(set) var principals: [Int32]
  fileprivate(set) var jobs: [Int32]
  fileprivate(set) var identifiers: [Int32]

  func identifier(_ identifier: EventIdentifier, _ isText: Bool) -> EventIdentifier {
    isText ? EventIdentifier(number: identifiers[Int(identifier.low)]) : identifier
  }
}

extension CommonNames {
  fileprivate mutating func take(_ other: CommonNames) -> NameMap {
    NameMap(
      principals: principals.take(other.principals), jobs: jobs.take(other.jobs),
      identifiers: identifiers.take(other.identifiers))
  }
}

extension TextTable {
  /// Takes in all texts of another table: the number here for each number there.
  mutating func take(_ other: TextTable) -> [Int32] {
    (0..<other.count).map { number(of: other.text($0)) }
  }
}
