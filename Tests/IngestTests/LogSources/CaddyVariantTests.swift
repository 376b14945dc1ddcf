import Ingest
import Testing

/// The same requests through Caddy's other encoders give the same normalised keys.
@Suite struct CaddyVariantTests {
  private static let renamed: LogSettings = {
    var settings = LogSettings()
    settings.timeUnit = .milliseconds
    settings.durationUnit = .nanoseconds
    settings.keys.time = ["time"]
    settings.keys.message = ["message"]
    settings.keys.level = ["severity"]
    return settings
  }()

  @Test(arguments: [
    ("json-basicauth.log", 4), ("json-basicauth-levels.log", 1), ("json-filter.log", 3),
    ("json-log-credentials.log", 3), ("json-mtls.log", 2), ("json-rfc3339-string.log", 3),
    ("json-unicode-separators.log", 2), ("json-wallmilli-nano.log", 3),
  ])
  func everyVariantGivesWhatTheDefaultEncodingWould(_ name: String, _ count: Int) throws {
    let settings = name.contains("wallmilli") ? CaddyVariantTests.renamed : LogSettings()
    var parser = LineParser(format: .auto, settings: settings)
    let lines = try RecordedLog.lines("variants/\(name)")
    #expect(lines.count == count)
    for line in lines {
      let prepared = try #require(parser.parse(line).prepared, "\(parser.parse(line))")
      let standard = try standardEncoding(of: line)
      var plain = LineParser(format: .auto)
      let expected = try #require(plain.parse(standard).prepared, "\(plain.parse(standard))")
      #expect(prepared.record.body == expected.record.body)
      #expect(prepared.record.header.timestamp == expected.record.header.timestamp)
      #expect(prepared.record.header.source == expected.record.header.source)
    }
  }

  /// The line as Caddy's unmodified JSON encoder writes it: default keys, seconds as numbers.
  private func standardEncoding(of line: [UInt8]) throws -> String {
    var text = String(decoding: line, as: UTF8.self)
    for (key, standard) in [("severity", "level"), ("time", "ts"), ("message", "msg")] {
      text = text.replacing("\"\(key)\":", with: "\"\(standard)\":")
    }
    for (written, standard) in CaddyVariantTests.numbers {
      text = text.replacing(written, with: standard)
    }
    return text
  }

  /// Computed by hand from the files.
  private static let numbers = [
    (#""2026-11-23T23:47:24.979991906Z""#, "1795477644.979991906"),
    (#""2026-11-23T23:47:24.989556169Z""#, "1795477644.989556169"),
    (#""2026-11-23T23:47:24.998290136Z""#, "1795477644.998290136"),
    (#""14.661µs""#, "0.000014661"), (#""14.691µs""#, "0.000014691"),
    (#""13.459µs""#, "0.000013459"),
    ("1795477645008.5706", "1795477645.0085706"), ("1795477645019.539", "1795477645.019539"),
    ("1795477645029.3296", "1795477645.0293296"), (":16996,", ":0.000016996,"),
    (":15133,", ":0.000015133,"), (":13841,", ":0.000013841,"),
  ]

  @Test func renamedKeysAreFoundWithoutASettingButTheirNanosecondsAreNot() throws {
    var parser = LineParser(format: .auto)
    for line in try RecordedLog.lines("variants/json-wallmilli-nano.log") {
      let rejection = try #require(parser.parse(line).rejection)
      #expect(rejection.reason == .badDuration)
      #expect(rejection.detail.contains("durationUnit"))
    }
    var settings = LogSettings()
    settings.durationUnit = .nanoseconds
    parser = LineParser(format: .auto, settings: settings)
    for line in try RecordedLog.lines("variants/json-wallmilli-nano.log") {
      #expect(parser.parse(line).request != nil)
    }
  }

  @Test(arguments: [("console.log", 3), ("runtime-console.log", 24)])
  func consoleLinesAreRefusedWithAdvice(_ name: String, _ count: Int) throws {
    var parser = LineParser(format: .auto)
    let lines = try RecordedLog.lines("variants/\(name)")
    #expect(lines.count == count)
    for line in lines {
      let rejection = try #require(parser.parse(line).rejection)
      #expect(rejection.reason == .consoleEncoded)
      #expect(rejection.detail.contains("format json"))
      #expect(!rejection.excerpt.contains("EXAMPLE"))
      #expect(rejection.excerpt.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    }
  }

  @Test func unicodeSeparatorsStayInsideTheirRecord() throws {
    var parser = LineParser(format: .auto)
    let lines = try RecordedLog.lines("variants/json-unicode-separators.log")
    let requests = lines.compactMap { parser.parse($0).request }
    #expect(requests.map(\.path) == ["/a", "/\u{202E}x"])
    let original = try #require(parser.parse(lines[1]).prepared?.record.header.original)
    #expect(original == lines[1])
  }

  @Test func loggedCredentialsAndQueryValuesAreGone() throws {
    var parser = LineParser(format: .auto)
    for line in try RecordedLog.lines("variants/json-log-credentials.log") {
      let prepared = try #require(parser.parse(line).prepared)
      let text = String(decoding: prepared.record.encoded(), as: UTF8.self)
      #expect(!text.contains("EXAMPLE") && !text.contains("f2e8378c") && !text.contains("dark"))
      #expect(text.contains("/x?access_token=[redacted]&password=[redacted]&n=[redacted]"))
      #expect(text.contains(#""query_keys":["access_token","n","password"]"#))
      #expect(!prepared.isOriginalVerbatim)
    }
  }
}
