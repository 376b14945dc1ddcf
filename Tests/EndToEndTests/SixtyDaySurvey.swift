import Ingest
import SixtyDays
import Testing

/// What the tests ask of every line, read once: keeping 40,000 documents would cost too much.
struct Survey {
  struct Fact {
    /// Event of a launcher's or Luigi's line; method, status and whether there is a user of Caddy's.
    let kind: String
    let shape: String
    let time: Double
    let rawTime: String
    let rawDuration: String?
    let requestID: String?
    let runID: String?
    let principal: String?
    let address: String?

    init(_ line: Line) {
      kind =
        line.string("event")
        ?? "\(line.string("request", "method") ?? "") \(line.number("status") ?? -1) "
        + "\(line.string("user_id")?.isEmpty ?? true)"
      shape = line.shape.joined(separator: " ")
      time = line.number("ts") ?? 0
      rawTime = line.raw("ts") ?? ""
      rawDuration = line.raw("duration")
      let context = line.string("context", "request_id")
      requestID =
        line.string("resp_headers", "X-Request-Id") ?? line.string("request_id") ?? context
      runID = line.string("run_id") ?? line.string("resp_headers", "X-Run-Id")
      principal = line.string("user_id")
      address = line.string("request", "remote_ip")
    }
  }

  /// The whole stream as committed, played once for all tests.
  static let recording = SixtyDayStream().record()
  static let whole = Survey()
  /// Other sixty days, from another seed, without an incident and without the change of clocks.
  static let otherStream = SixtyDayStream(
    seed: 3, incidents: Set(Incident.allCases).subtracting([.lostTrigger]),
    lookAlikes: Set(LookAlike.allCases).subtracting([.clockChange]))
  static let otherRecording = otherStream.record()
  private var byLog: [Log: [Fact]] = [:]

  private init() {
    for log in Log.allCases {
      byLog[log] = Self.recording.lines(of: log).compactMap { try? Line($0) }.map(Fact.init)
    }
  }

  func facts(_ log: Log) -> [Fact] { byLog[log] ?? [] }
}

/// One line as one JSON object, read by the package's own parser.
struct Line {
  private var document = JSONDocument()

  init(_ text: String) throws {
    let bytes = Array(text.utf8)
    try document.parse(bytes.span)
    #expect(document.kind(document.root) == .object)
  }

  private func value(_ path: [String]) -> JSONDocument.Reference? {
    var current = document.root
    for name in path {
      var found: JSONDocument.Reference?
      document.forEachMember(current) { key, value in
        if document.string(key) == name { found = value }
      }
      guard let found else { return nil }
      current = found
    }
    return current
  }

  /// A string, or the first one of a list, under a path of keys.
  func string(_ path: String...) -> String? {
    value(path).flatMap { document.string(document.firstElement($0) ?? $0) }
  }

  func number(_ path: String...) -> Double? { value(path).flatMap(document.double) }

  func raw(_ key: String) -> String? {
    value([key]).map { String(decoding: document.bytes[document.range($0)], as: UTF8.self) }
  }

  var keys: [String] { keys(document.root) }

  private func keys(_ object: JSONDocument.Reference) -> [String] {
    var result: [String] = []
    document.forEachMember(object) { key, _ in result.append(document.string(key) ?? "") }
    return result
  }

  /// The keys in order, one level down as well; of the maps that Go prints in random order, sorted,
  /// and without the client's own fields and the parameters, which differ by right.
  var shape: [String] {
    var result: [String] = []
    document.forEachMember(document.root) { key, value in
      let name = document.string(key) ?? ""
      result.append(name)
      switch name {
      case "params": break
      case "resp_headers": result += keys(value).sorted()
      default:
        document.forEachMember(value) { key, inner in
          let innerName = document.string(key) ?? ""
          result.append("\(name).\(innerName)")
          if innerName == "tls" { result += keys(inner) }
        }
      }
    }
    return result
  }
}
