import Detect
import Ingest
import TestSupport
import Testing

@Suite struct AlertRoutingTests {
  private static func globs(_ texts: String...) -> [Glob] { texts.map { Glob(Array($0.utf8)) } }

  private func route(_ sink: String, _ edit: (inout AlertRoute) -> Void = { _ in }) -> AlertRoute {
    var route = AlertRoute(sinks: [sink])
    edit(&route)
    return route
  }

  @Test(
    "a finding goes to the first route that takes it, and on where that says so",
    arguments: [
      (AlertWorld.finding("1", .critical), nil as String?, ["log", "pager"]),
      (AlertWorld.finding("2", .low, rule: "runaway"), nil, ["log", "runs"]),
      (AlertWorld.finding("3", .low, job: "etl-night"), nil, ["log", "etl"]),
      (AlertWorld.finding("4", .low, job: nil), nil, ["log", "rest"]),
      (AlertWorld.finding("5", .low, job: "billing"), "finance-west", ["log", "money"]),
      (AlertWorld.finding("6", .low, job: "billing"), nil, ["log", "rest"]),
      (AlertWorld.finding("7", .low, job: "x", principal: "svc-a"), nil, ["log", "bots"]),
      (AlertWorld.finding("8", .low, job: "x", principal: nil), nil, ["log", "rest"]),
    ])
  func order(_ finding: Finding, _ owner: String?, _ expected: [String]) {
    let routing = AlertRouting([
      route("log") { $0.goesOn = true },
      route("pager") { $0.severityMin = .critical },
      route("runs") { $0.rules = Self.globs("run*", "retry_storm") },
      route("etl") { $0.jobs = Self.globs("etl-*") },
      route("money") { $0.owners = Self.globs("finance-*") },
      route("bots") { $0.principals = Self.globs("svc-*") },
      route("rest"),
    ])
    #expect(routing.ways(finding, owner: owner).keys.sorted() == expected.sorted())
  }

  @Test("every stated condition must hold, and a sink that two routes lead to is told once")
  func conjunction() {
    let both = route("ops") {
      ($0.jobs, $0.rules) = (Self.globs("etl"), Self.globs("runaway"))
    }
    #expect(AlertRouting([both]).ways(AlertWorld.finding("1"), owner: nil).isEmpty)
    let twice = AlertRouting([route("ops") { $0.goesOn = true }, route("ops")])
    #expect(twice.ways(AlertWorld.finding("1"), owner: nil) == ["ops": [0, 1]])
    var world = AlertWorld.plain { $0.routing = twice }
    world.raise(AlertWorld.finding("1"))
    #expect(world.tell().map(\.sink) == ["ops"])
  }

  private func quiet(_ hours: String, _ zone: String) throws -> QuietHours {
    let catalogue = ZoneCatalogue(directory: "/usr/share/zoneinfo")
    return QuietHours(try BusinessHours(hours), zone: try catalogue.rules(of: zone))
  }

  @Test(
    "quiet hours go by the zone's clocks, over midnight and through both changes of them",
    arguments: [
      // A Tuesday in winter: 22:30 and 06:59 are quiet, 07:00 is not.
      ("2026-11-24T21:30:00Z", true), ("2026-11-25T05:59:59Z", true),
      ("2026-11-25T06:00:00Z", false), ("2026-11-24T20:59:59Z", false),
      // The clocks go forward on 2026-03-29 at 01:00Z: 07:00 is at 05:00Z.
      ("2026-03-29T04:59:59Z", true), ("2026-03-29T05:00:00Z", false),
      ("2026-03-28T05:59:59Z", true), ("2026-03-28T06:00:00Z", false),
      // And back on 2026-10-25 at 01:00Z: 02:30 is shown twice, 07:00 is at 06:00Z.
      ("2026-10-25T00:30:00Z", true), ("2026-10-25T01:30:00Z", true),
      ("2026-10-25T05:59:59Z", true), ("2026-10-25T06:00:00Z", false),
    ])
  func quietHours(_ instant: String, _ expected: Bool) throws {
    let quiet = try quiet("mon-sun 22:00-07:00", "Europe/Berlin")
    #expect(quiet.contains(try #require(Timestamp(rfc3339: instant))) == expected)
  }

  @Test("quiet hours hold everything but critical, and swallow nothing")
  func held() throws {
    var route = AlertRoute(sinks: ["ops"])
    route.quiet = try quiet("mon-fri 04:00-08:00, sat-sun 00:00-24:00", "UTC")
    let routing = AlertRouting([route])
    // 05:00 on a Tuesday.
    var world = AlertWorld.plain { $0.routing = routing }
    world.raise(AlertWorld.finding("1", .high, episode: "e"))
    world.raise(AlertWorld.finding("2", .critical, episode: "e"))
    world.raise(AlertWorld.finding("3", .low))
    #expect(world.tell().map { $0.findings.map(\.findingID) } == [["2"]])
    world.pass(3 * 3600 - 1)
    world.restart()
    #expect(world.tell().isEmpty)
    world.pass(1)
    #expect(world.tell().map { $0.findings.map(\.findingID) } == [["1"], ["3"]])
  }

  @Test("a sink that a route without quiet hours leads to as well is told at once")
  func oneWayIsOpen() throws {
    var quietRoute = AlertRoute(sinks: ["ops"])
    quietRoute.quiet = try quiet("mon-sun 04:00-08:00", "UTC")
    quietRoute.goesOn = true
    let routing = AlertRouting([quietRoute, AlertRoute(sinks: ["ops"])])
    var world = AlertWorld.plain { $0.routing = routing }
    world.raise(AlertWorld.finding("1"))
    #expect(world.tell().count == 1)
  }

  private func read(_ text: String) throws -> AlertSettings {
    let bytes = Array(text.utf8)
    return try ConfigurationReader.read(bytes.span, file: "a.json5") {
      (reader) throws(ConfigurationError) in
      try AlertSettings(
        from: &reader, sinkNames: ["ops", "mail"], siteZone: "UTC",
        rules: { $0 == "UTC" ? .utc : nil })
    }
  }

  @Test("the configuration reads as it is written")
  func configuration() throws {
    let settings = try read(
      """
      { routes: [ { sinks: ["mail"], severity: "high", rules: ["off_*"], continue: true,
            quiet: { hours: "sat-sun 00:00-24:00" } }, { sinks: ["ops"], owners: ["a*"] } ],
        group: { wait: "10s", interval: "2m" }, rate: { messages: 5, per: "10m" },
        rates: { mail: { messages: 1, per: "1h" } }, retry: { first: "2s", most: "1m" },
        give_up: "2d" }
      """)
    #expect(settings.routing.routes.map(\.sinks) == [["mail"], ["ops"]])
    #expect(settings.routing.routes[0].severityMin == .high)
    #expect(settings.routing.routes[0].goesOn && settings.routing.routes[0].quiet != nil)
    #expect(settings.groupWaitSeconds == 10 && settings.groupIntervalSeconds == 120)
    #expect(settings.rate == MessageRate(messageCount: 5, seconds: 600))
    #expect(settings.rates == ["mail": MessageRate(messageCount: 1, seconds: 3600)])
    #expect(settings.backoff.firstSeconds == 2 && settings.backoff.mostSeconds == 60)
    #expect(settings.giveUpSeconds == 2 * 86_400)
    #expect(try read("{}").routing.routes.map(\.sinks) == [["ops", "mail"]])
  }

  @Test("the example of the documentation is a configuration")
  func documentation() throws {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let bytes = try InputDescriptor.contents(
      ofPath: "/\(root)/Documentation/Alerts.md", byteCountMax: 1 << 20)
    let text = String(decoding: bytes, as: UTF8.self)
    let example = try #require(
      text.split(separator: "```json5\n").last?.split(separator: "```").first)
    let settings = try ConfigurationReader.read(
      Array(example.utf8).span, file: "Alerts.md"
    ) { (reader) throws(ConfigurationError) in
      try AlertSettings(
        from: &reader, sinkNames: ["log", "pager", "chat"], siteZone: "UTC", rules: { _ in .utc })
    }
    #expect(settings.routing.routes.count == 3)
    // What it calls the defaults are the defaults.
    let plain = AlertSettings(sinkNames: [])
    #expect(settings.rate == plain.rate && settings.backoff == plain.backoff)
    #expect(settings.giveUpSeconds == plain.giveUpSeconds)
    #expect(settings.groupWaitSeconds == plain.groupWaitSeconds)
    #expect(settings.groupIntervalSeconds == plain.groupIntervalSeconds)
  }

  @Test(
    "what cannot be meant is refused in words",
    arguments: [
      ("{ routes: [{ sinks: [\"opps\"] }] }", "found the sink \"opps\""),
      ("{ routes: [{}] }", "found no key \"sinks\""),
      ("{ rates: { opps: { messages: 1, per: \"1h\" } } }", "found the sink \"opps\""),
      (
        "{ routes: [{ sinks: [\"ops\"], quiet: { hours: \"mon-sun 00:00-24:00\" } }] }",
        "whole week"
      ),
      (
        "{ routes: [{ sinks: [\"ops\"], quiet: { hours: \"mon 1:00-2:00\", zone: \"X\" } }] }",
        "expected two different times"
      ),
      (
        "{ routes: [{ sinks: [\"ops\"], quiet: { hours: \"mon 01:00-02:00\", zone: \"X\" } }] }",
        "found \"X\": expected an IANA"
      ),
      ("{ retry: { first: \"5m\", most: \"1m\" } }", "\"first\" above \"most\""),
      ("{ give_up: \"1s\" }", "expected a duration"),
    ])
  func refusals(_ text: String, _ expected: String) {
    let error = #expect(throws: ConfigurationError.self) { try read(text) }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }
}
