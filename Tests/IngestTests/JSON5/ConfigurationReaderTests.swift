import Ingest
import Testing

private enum Mode: String, CaseIterable, Sendable { case fast, careful }

private struct Options: Equatable {
  var name = ""
  var limit = 0
  var ratio = 0.0
  var isOn = false
  var mode = Mode.fast
  var window = Duration.zero
  var sinks: [String] = []
  var hours: String?
  var jobs: [String] = []
  var zones: [Int] = []

  init() {}

  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    name = try reader.required("name", .string)
    limit = try reader.value("limit", .integer(in: 1...10), default: 3)
    ratio = try reader.value("ratio", .number(in: 0...1), default: 0.5)
    isOn = try reader.value("is_on", .boolean, default: false)
    mode = try reader.value("mode", .oneOf(Mode.self), default: .careful)
    window = try reader.value(
      "window", .duration(in: .seconds(1) ... .seconds(86_400 * 30)), default: .seconds(900))
    sinks = try reader.value("sinks", .strings, default: [])
    hours = try reader.object("off_hours") { (nested) throws(ConfigurationError) in
      try nested.required("business", .string)
    }
    jobs = try reader.named("jobs") { (name, nested) throws(ConfigurationError) in
      name + "=" + (try nested.required("owner", .string))
    }.map(\.value)
    zones = try reader.objects("zones") { (nested) throws(ConfigurationError) in
      try nested.required("size", .integer())
    }
  }
}

@Suite struct ConfigurationReaderTests {
  private func read(_ text: String) throws(ConfigurationError) -> Options {
    let bytes = Array(text.utf8)
    return try ConfigurationReader.read(bytes.span, file: "vigil.json5", Options.init(from:))
  }

  @Test("settings of every kind are read, and defaults stand for those left out")
  func kinds() throws {
    let options = try read(
      """
      { // all of them
        name: 'x', limit: 0xA, ratio: 1, is_on: true, mode: "fast", window: '28d',
        sinks: ['a', 'b',], off_hours: {business: 'mon-fri 08:00-18:00'},
        jobs: {nightly: {owner: 'ops'}, report: {owner: 'bi'}}, zones: [{size: 1}, {size: -2}],
      }
      """)
    #expect(options.limit == 10 && options.ratio == 1 && options.isOn && options.mode == .fast)
    #expect(options.window == .seconds(28 * 86_400) && options.sinks == ["a", "b"])
    #expect(options.hours == "mon-fri 08:00-18:00")
    #expect(options.jobs == ["nightly=ops", "report=bi"] && options.zones == [1, -2])
    let defaults = try read("{name: 'x'}")
    #expect(defaults.limit == 3 && defaults.mode == .careful && defaults.window == .seconds(900))
    #expect(defaults.hours == nil && defaults.sinks.isEmpty)
  }

  @Test(
    "durations have a unit",
    arguments: [("250ms", 0.25), ("90s", 90), ("15m", 900), ("2h", 7200), ("28d", 2_419_200)])
  func durations(text: String, seconds: Double) throws {
    let bytes = Array("{d: '\(text)'}".utf8)
    let range = Duration.zero...Duration.seconds(86_400 * 365)
    let duration = try ConfigurationReader.read(bytes.span, file: "x") {
      (reader) throws(ConfigurationError) in try reader.required("d", .duration(in: range))
    }
    #expect(duration == .seconds(seconds))
  }

  @Test(
    "a wrong setting is refused with file, place, found and expected",
    arguments: [
      (
        "{\n  name: 'x',\n  off_huors: {}}",
        #"line 3, column 3: unknown key "off_huors" (did you mean "off_hours"?): expected one of "name", "limit", "ratio", "is_on", "mode", "window", "sinks", "off_hours", "jobs", "zones""#
      ),
      (
        "{name: 'x', off_hours: {business: 'y', colour: 1}}",
        #"line 1, column 40: unknown key "colour": expected one of "business""#
      ),
      (
        "{}",
        #"line 1, column 1: found no key "name" in this object: expected a string that is not empty"#
      ),
      ("{name: ''}", #"line 1, column 8: "name": found "": expected a string that is not empty"#),
      (
        "{name: null}",
        #"line 1, column 8: "name": found null: expected a string that is not empty"#
      ),
      (
        "{name: 'x', limit: 11}",
        #"line 1, column 20: "limit": found 11: expected an integer from 1 to 10"#
      ),
      (
        "{name: 'x', limit: 1.5}",
        #"line 1, column 20: "limit": found 1.5: expected an integer from 1 to 10"#
      ),
      (
        "{name: 'x', ratio: -0.1}",
        #"line 1, column 20: "ratio": found -0.1: expected a number from 0.0 to 1.0"#
      ),
      (
        "{name: 'x', is_on: 'yes'}",
        #"line 1, column 20: "is_on": found "yes": expected true or false"#
      ),
      (
        "{name: 'x', mode: 'slow'}",
        #"line 1, column 19: "mode": found "slow": expected one of "fast", "careful""#
      ),
      (
        "{name: 'x', window: 90}",
        #"line 1, column 21: "window": found 90: expected a duration such as "15m" from 1s to 30d"#
      ),
      (
        "{name: 'x', window: '90'}",
        #"line 1, column 21: "window": found "90": expected a duration such as "15m" from 1s to 30d"#
      ),
      (
        "{name: 'x', window: '31d'}",
        #"line 1, column 21: "window": found "31d": expected a duration such as "15m" from 1s to 30d"#
      ),
      (
        "{name: 'x', sinks: ['a', 1]}",
        #"line 1, column 20: "sinks": found an array: expected an array of strings that are not empty"#
      ),
      (
        "{name: 'x', off_hours: []}",
        #"line 1, column 24: found an array: expected an object for "off_hours""#
      ),
      (
        "{name: 'x', jobs: 1}",
        #"line 1, column 19: "jobs": found 1: expected an object of named objects"#
      ),
      (
        "{name: 'x', zones: [1]}",
        #"line 1, column 21: found a number: expected an object as element of "zones""#
      ),
      ("[]", "line 1, column 1: found an array: expected an object of settings"),
      ("{name: }", #"line 1, column 8: found "}": expected a value"#),
    ])
  func refused(text: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { _ = try read(text) }
    #expect(error?.description == "configuration vigil.json5: " + message)
  }

  @Test("attacker text in an unknown key is escaped and cut")
  func escaped() throws {
    let key = "a\\u001b[31m" + String(repeating: "x", count: 200)
    let error = #expect(throws: ConfigurationError.self) {
      _ = try read("{name: 'x', '\(key)': 1}")
    }
    let description = try #require(error?.description)
    #expect(
      !description.contains("\u{1B}") && description.contains("\\u{1b}")
        && description.contains("…"))
  }
}
