import Ingest

extension Harness {
  static let configuration: [Harness] = [
    Harness(
      "configuration",
      words: [
        "zone:", "log:", "time:", "duration:", "trigger_routes:", "principals:", "'15m'", "'250ms'",
        "'POST /jobs/{job}/runs'", "hours:", "'mon-fri 08:00-18:00'", "null", "true",
      ],
      seeds: {
        texts(
          "{zone: 'Europe/Berlin', log: {time: 'seconds', wall: -60, keep: true}}",
          "{routes: ['POST /jobs/{job}/runs'], window: '15m', principals: {ada: {zone: 'UTC'}}}",
          "{hours: 'mon-fri 08:00-18:00, sat 22:00-06:00', kappa: 0.5, list: [{name: 'a'}]}",
          "// c\n{zoen: 'x'}")
      }, run: ConfigurationProperties.run)
  ]
}

/// A schema with every kind of setting, over any text.
enum ConfigurationProperties {
  static func run(_ bytes: [UInt8]) throws {
    do throws(ConfigurationError) {
      try ConfigurationReader.read(bytes.span, file: "vigil.json5") {
        (reader) throws(ConfigurationError) in try settings(&reader)
      }
    } catch {
      let lineCount = bytes.count { $0 == 0x0A } + 1
      try require((1...lineCount).contains(error.place.line), "line \(error.place.line)")
      try require((1...bytes.count + 1).contains(error.place.column), "\(error.place)")
      try requireLegible(error.description)
    }
  }

  private static func settings(
    _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) {
    _ = try reader.optional("zone", .string)
    _ = try reader.object("log") { (log) throws(ConfigurationError) in
      _ = try log.value("time", .oneOf(TimeUnit.self), default: .automatic)
      _ = try log.value("wall", .integer(in: -1440...1440), default: 0)
      _ = try log.value("keep", .boolean, default: true)
    }
    _ = try reader.optional("kappa", .number(in: 0.001...1000))
    _ = try reader.optional("window", .duration(in: .milliseconds(1) ... .seconds(7_776_000)))
    if let text = try reader.optional("hours", .string) {
      do { try check(BusinessHours(text)) } catch {
        throw reader.error("hours", "\(error)")
      }
    }
    for route in try reader.optional("routes", .strings) ?? [] {
      guard TriggerRoute(route) != nil else { throw reader.error("routes", "no route") }
    }
    _ = try reader.objects("list") { (element) throws(ConfigurationError) in
      try element.required("name", .string)
    }
    _ = try reader.named("principals") { (_, principal) throws(ConfigurationError) in
      try principal.optional("zone", .string)
    }
  }

  /// Hours lie within a day, in order, apart from each other.
  private static func check(_ hours: BusinessHours) throws(BusinessHoursError) {
    for day in hours.ranges {
      var end = -1
      for range in day {
        guard range.lowerBound > end, range.upperBound <= 1440, !range.isEmpty else {
          preconditionFailure("business hours \(day)")
        }
        end = range.upperBound
      }
    }
  }
}
