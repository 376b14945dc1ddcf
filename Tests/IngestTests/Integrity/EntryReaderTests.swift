import Ingest
import TestSupport
import Testing

/// Reading an entry quickly and making its record say the same of every entry.
@Suite struct EntryReaderTests {
  private static func compare(_ entries: [[UInt8]], _ comment: String) {
    var reader = EntryReader()
    let text: [UInt8] = entries.flatMap { (entry: [UInt8]) -> [UInt8] in entry + [0x0A] }
    let quick = reader.facts(of: text.span, count: entries.count)
    #expect(quick.count == entries.count, "\(comment)")
    for (facts, entry) in zip(quick, entries) {
      let expected = reader.facts(ofEntry: entry.span)
      #expect(facts == expected, "\(comment): \(String(decoding: entry, as: UTF8.self))")
    }
  }

  /// One entry of each kind with every key that it can have.
  private static let full: [String] = [
    #"{"v":1,"kind":"request","ts":"2026-11-24T05:00:00.000001Z","source":"caddy/a","id":"1","request_id":"r","trace_id":"t","principal":"p","principal_type":"human","issuer":"i","groups":["a","b"],"zone":"Europe/Berlin","remote_ip":"10.0.0.1","remote_port":65535,"user_agent":"ua \"q\" \u00e9 é","method":"POST","host":"h","path":"/x","query_keys":[],"status":202,"duration_s":0.25,"bytes_in":1,"bytes_out":2,"job":"j","run_id":"n","tls_version":"1.3","tls_cipher":"c","imported":true,"received_at":"2026-11-24T05:00:01.000000Z","oversize_bytes":70000,"oversize_sha256":"aa","original_hmac":"bb","original":{"ts":1.5,"status":"x","v":[null,true,{"v":2}]}}"#,
    #"{"v":1,"kind":"decision","ts":"2026-11-24T05:00:00.000001Z","source":"vigil/g","id":"1","request_id":"r","principal":"p","principal_type":"service","issuer":"i","groups":["a"],"action":"run:trigger","job":"j","effect":"hold","rule":"x","reason":"y","policy_sha256":"aa","credential":"service_token","credential_id":"c","received_at":"2026-11-24T05:00:01.000000Z"}"#,
    #"{"v":1,"kind":"run","ts":"2026-11-24T05:00:00.000001Z","source":"launcher/a","id":"1","run_id":"n","request_id":"r","trace_id":"t","job":"j","event":"timed_out","vantage":"inside","trigger":"schedule","principal":"p","groups":["a"],"owner":"o","attempt":1,"host":"h","pid":7,"params":{"d":"2026"},"duration_s":12,"cpu_s":3.5,"max_rss_bytes":1,"read_bytes":2,"write_bytes":3,"exit_code":-9,"signal":9,"error":{"type":"T","message":"m"},"received_at":"2026-11-24T05:00:01.000000Z"}"#,
    #"{"v":1,"kind":"run","ts":"2026-11-24T05:00:00.000001Z","source":"launcher/a","id":"1","job":"j","event":"rejected","received_at":"2026-11-24T05:00:01.000000Z"}"#,
    #"{"v":1,"kind":"task","ts":"2026-11-24T05:00:00.000001Z","source":"luigi/a","id":"1","run_id":"n","task_id":"k","task":"T","event":"succeeded","attempt":2,"depends_on":["x"],"params":{},"owner":"o","duration_s":1e2,"received_at":"2026-11-24T05:00:01.000000Z"}"#,
    #"{"v":1,"kind":"control","ts":"2026-11-24T05:00:00.000001Z","source":"vigil/j","id":"1","event":"heartbeat","counts":{"a":1},"received_at":"2026-11-24T05:00:01.000000Z"}"#,
    #"{"v":1,"kind":"approval","ts":"2026-11-24T05:00:00.000001Z","source":"vigil/j","id":"1","received_at":"2026-11-24T05:00:01.000000Z"}"#,
  ]

  /// In place of a value: some right, some wrong, each a JSON text.
  private static let values = [
    #""x""#, #""""#, #""human""#, #""started""#, #""start\u0065d""#, #""permit""#, "1", "0", "-1",
    "-0", "1.0", "0.5",
    "1e3", "1E400", "65536", "999", "1000", "9223372036854775807", "9223372036854775808",
    "123456789012345", "1234567890123456", "true", "false", "null", "[]", "[1]", #"["a",null]"#,
    "{}", #"{"a":1}"#, #"{"type":1}"#, #""2026-11-24T05:00:00Z""#,
    #""2026-11-24t05:00:00.000000Z""#,
    #""2026-02-30T05:00:00.000000Z""#, #""2026-11-24T24:00:00.000000Z""#,
    #""2026-11-24T23:59:60.000000Z""#, #""2026-11-24T05:00:00.000000+01:00""#,
    #""9999-12-31T23:59:59.999999Z""#, #""0000-01-01T00:00:00.000000Z""#,
    #""2026-11-24T05:00:00.00000aZ""#,
  ]

  @Test("every key of every kind with every sort of value")
  func values() {
    for entry in EntryReaderTests.full {
      var variants = [entry]
      for key in EntryReaderTests.keys(entry) {
        guard let place = entry.firstRange(of: "\"\(key)\":") else { continue }
        let end = EntryReaderTests.valueEnd(entry, place.upperBound)
        for value in EntryReaderTests.values {
          variants.append(entry[..<place.upperBound] + value + entry[end...])
        }
        // Left out, twice, and under another name.
        let before = String(entry[..<place.lowerBound])
        variants.append(before + String(entry[end...].drop { $0 == "," }))
        variants.append(before + "\"\(key)\":1," + entry[place.lowerBound...])
        variants.append(before + "\"\(key)x\":" + entry[place.upperBound...])
      }
      EntryReaderTests.compare(variants.map { Array($0.utf8) }, "values")
    }
  }

  @Test("entries with bytes changed, cut and put in", arguments: [1, 2, 3, 4])
  func mutations(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let pieces = [
      "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\t", "\u{0}", "é", "1", "-", "e", "null",
      "\"v\":1,", "\u{7F}",
    ]
    var entries: [[UInt8]] = []
    for _ in 0..<1_500 {
      var bytes = Array(
        EntryReaderTests.full[Int.random(in: 0..<EntryReaderTests.full.count, using: &random)].utf8)
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8(Int.random(in: 0..<8, using: &random))
        case 1: bytes.remove(at: place)
        case 2:
          bytes.insert(
            contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8, at: place)
        default: bytes[place] = UInt8(Int.random(in: 0..<256, using: &random))
        }
      }
      entries.append(bytes.filter { $0 != 0x0A })
    }
    EntryReaderTests.compare(entries, "seed \(seed)")
  }

  @Test("entries as they are written, all kinds mixed, empty lines among them")
  func written() {
    let entries = EntryReaderTests.full.flatMap { [Array($0.utf8), [], Array($0.utf8.dropLast())] }
    EntryReaderTests.compare(entries + entries, "written")
    var reader = EntryReader()
    for entry in EntryReaderTests.full.dropLast() {
      #expect(reader.facts(ofEntry: Array(entry.utf8).span).timestamp != nil, "\(entry)")
    }
  }

  private static func keys(_ entry: String) -> [String] {
    let document = parsed(entry)
    var keys: [String] = []
    document.forEachMember(document.root) { key, _ in keys.append(document.string(key) ?? "") }
    return keys
  }

  private static func parsed(_ entry: String) -> JSONDocument {
    var document = JSONDocument()
    let bytes = Array(entry.utf8)
    do { try document.parse(bytes.span) } catch { Issue.record("\(error)") }
    return document
  }

  /// Where the value that begins at `start` ends.
  private static func valueEnd(_ entry: String, _ start: String.Index) -> String.Index {
    let document = parsed(entry)
    let offset = entry.utf8.distance(from: entry.startIndex, to: start)
    var end = offset
    document.forEachMember(document.root) { _, value in
      let range = document.textRange(value)
      if range.lowerBound == offset { end = range.upperBound }
    }
    return entry.utf8.index(entry.startIndex, offsetBy: end)
  }
}
