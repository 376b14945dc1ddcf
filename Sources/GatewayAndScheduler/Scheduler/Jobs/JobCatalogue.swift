package import Ingest

/// Every job there is, as one file states them.
///
///     { jobs: { "etl-daily": { command: ["/opt/etl", "--date={date}"],
///                              params: { date: { type: "date", default: "yesterday" } } } } }
package struct JobCatalogue: Sendable, Equatable {
  /// Jobs of one file. 1,000.
  package static let countMax = 1000

  private let jobs: [String: JobDefinition]
  package let graph: JobGraph

  /// Throws what is wrong with the graph of needs.
  package init(_ definitions: [JobDefinition] = []) throws(JobGraph.Fault) {
    jobs = Dictionary(definitions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    graph = JobGraph(jobs.mapValues { $0.needs.map(\.job) })
    try graph.check()
  }

  /// Reads the file's object: one key, `jobs`.
  ///
  /// - Parameter redaction: which names of variables mean a secret.
  package init(
    from reader: inout ConfigurationReader, zones: ZoneCatalogue,
    redaction: RedactionList = RedactionList()
  ) throws(ConfigurationError) {
    let names = SecretNames(redaction)
    let named = try reader.named("jobs") {
      (name, inner) throws(ConfigurationError) in
      try JobDefinition(name: name, from: &inner, zones: zones, secretNames: names)
    }
    guard named.count <= JobCatalogue.countMax else {
      throw reader.error("jobs", "found \(named.count): expected at most \(JobCatalogue.countMax)")
    }
    do { try self.init(named.map(\.value)) } catch {
      throw reader.error("jobs", error.problem)
    }
  }

  /// Reads a whole file.
  package static func read(
    _ text: Span<UInt8>, file: String, zones: ZoneCatalogue,
    redaction: RedactionList = RedactionList()
  ) throws(ConfigurationError) -> JobCatalogue {
    try ConfigurationReader.read(text, file: file) {
      (reader) throws(ConfigurationError) in
      try JobCatalogue(from: &reader, zones: zones, redaction: redaction)
    }
  }

  package subscript(name: String) -> JobDefinition? { jobs[name] }

  /// Sorted by name.
  package var definitions: [JobDefinition] { jobs.values.sorted { $0.name < $1.name } }
}
