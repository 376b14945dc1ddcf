import Ingest
import Testing

@Suite("Entries made from lines' bytes")
struct DirectEntryTests {
  private static let secret = [UInt8](repeating: 7, count: 32)

  /// Both ways over the same lines, each line a chunk of its own, by intakes that remember.
  private static func compare(
    _ lines: [[UInt8]], _ format: LogFormat = .auto, _ settings: LogSettings = LogSettings(),
    seed: UInt64 = 0
  ) -> (directCount: Int, recordCount: Int) {
    var direct = EntryIntake(format, settings, secret: secret)
    var longWay = EntryIntake(format, settings, secret: secret, makesDirectly: false)
    var counts = (directCount: 0, recordCount: 0)
    for line in lines {
      let chunk = LineChunk(lines: [line])
      let (made, expected) = (direct.read(chunk, label: "x"), longWay.read(chunk, label: "x"))
      #expect(
        made == expected,
        "seed \(seed): \(String(decoding: line, as: UTF8.self)) \(made.entryTexts) \(expected.entryTexts)"
      )
      if made != expected { break }
      counts.directCount += made.directCount
      counts.recordCount += made.report.recordCount
    }
    return counts
  }

  static let files = [
    "live-1/caddy-access-2026-11-23T23-39-35.969.log.gz", "live-1/caddy-access.log",
    "live-1/caddy-runtime.log", "live-1/luigi-events.jsonl", "live-1/trigger-events.jsonl",
  ]

  @Test("recorded lines give the entries, keys and rejections of the long way", arguments: files)
  func recorded(_ name: String) throws {
    let counts = DirectEntryTests.compare(try RecordedLog.lines(name))
    if name != "live-1/caddy-runtime.log" {
      #expect(counts.directCount * 10 > counts.recordCount * 7, "\(counts)")
    }
  }

  @Test("variants of lines give the same both ways", arguments: UInt64(1)...10)
  func variants(_ seed: UInt64) {
    var variant = LineVariant(seed: seed)
    let lines = (0..<250).map { _ in Array(variant.next().utf8) }
    let counts = DirectEntryTests.compare(lines, seed: seed)
    #expect(counts.directCount > 20, "seed \(seed): \(counts)")
  }

  @Test(
    "lines with bytes changed, dropped, doubled give the same both ways", arguments: UInt64(1)...6)
  func mutated(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    var pool = try DirectEntryTests.files.flatMap { try RecordedLog.lines($0).prefix(40) }
    pool.removeAll { $0.count > 4000 }
    var lines: [[UInt8]] = []
    for _ in 0..<250 {
      var line = pool.randomElement(using: &random) ?? []
      // Unchanged lines between, so that what is remembered is of both kinds.
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        DirectEntryTests.mutate(&line, &random)
      }
      lines.append(line.filter { $0 != 0x0A })
    }
    _ = DirectEntryTests.compare(lines, seed: seed)
  }

  private static func mutate(_ line: inout [UInt8], _ random: inout LineRandom) {
    guard let place = line.indices.randomElement(using: &random) else { return }
    let bytes = Array("{}[]\",:\\0.-en \u{7F}é".utf8) + [0x80, 0xFF, 0x01]
    switch Int.random(in: 0..<4, using: &random) {
    case 0: line[place] = bytes.randomElement(using: &random) ?? 0
    case 1: line.remove(at: place)
    case 2: line.insert(bytes.randomElement(using: &random) ?? 0, at: place)
    default: line.removeLast(line.count - place)
    }
  }

  static let settings: [LogSettings] = {
    var host = LogSettings()
    host.host = "edge \"1\""
    var source = LogSettings()
    source.source = "gateway/é-7"
    var dropped = LogSettings()
    dropped.keepsOriginal = false
    var units = LogSettings()
    units.durationUnit = .milliseconds
    units.timeUnit = .seconds
    var keys = LogSettings()
    keys.keys.time = ["time", "ts"]
    var listed = LogSettings()
    listed.redaction.secretNames = ["job", "user"]
    listed.redaction.keptHeaders = ["Etag", "Cookie"]
    var routes = LogSettings()
    routes.triggerRoutes = [TriggerRoute("GET /x/{job}"), TriggerRoute.standard].compactMap { $0 }
    return [host, source, dropped, units, keys, listed, routes]
  }()

  @Test("settings change both ways alike", arguments: 0..<7)
  func settings(_ number: Int) {
    var variant = LineVariant(seed: UInt64(100 + number))
    let lines = (0..<120).map { _ in Array(variant.next().utf8) }
    _ = DirectEntryTests.compare(lines, .auto, DirectEntryTests.settings[number])
  }

  @Test("a file's format decides both ways alike", arguments: LogFormat.allCases)
  func formats(_ format: LogFormat) {
    var variant = LineVariant(seed: 77)
    let lines = (0..<120).map { _ in Array(variant.next().utf8) }
    _ = DirectEntryTests.compare(lines, format)
  }

  @Test("what is long, blank or in white space is left to the long way")
  func unusual() {
    let long =
      "{\"v\":1,\"kind\":\"run\",\"ts\":\"2025-01-06T00:18:54.467000Z\",\"source\":\"s\",\"id\":\"i\","
      + "\"run_id\":\"r\",\"event\":\"started\",\"job\":\"\(String(repeating: "j", count: 70_000))\"}"
    let lines = ["", " ", "{}", " {\"v\":1}", "{\"v\":1} ", long, "[1]", "null", "\u{FEFF}{}"]
    let counts = DirectEntryTests.compare(lines.map { Array($0.utf8) })
    #expect(counts.directCount == 0)
  }
}

extension LineChunk {
  /// Lines as they follow each other in a file named `file`.
  init(lines: [[UInt8]]) {
    self.init(path: "file")
    var buffer = LineBuffer()
    for line in lines + [[]] {
      var rest = (line + [0x0A])[...]
      while !rest.isEmpty {
        let count = buffer.fill { space in
          let count = min(space.count, rest.count)
          for index in 0..<count { space[index] = rest[rest.startIndex + index] }
          return count
        }
        rest = rest.dropFirst(count)
      }
      while let place = buffer.next() {
        if place.byteCount == 0, line.isEmpty, lines.first != [] { continue }
        add(place, buffer.bytes(of: place))
      }
    }
  }
}
