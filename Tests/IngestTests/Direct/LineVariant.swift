import Foundation

/// Seeded lines of the known emitters, usual and unusual: keys in any order, absent or null, values of
/// other types, escapes, white space, long decimals, headers in another case, keys twice.
struct LineVariant {
  var random: LineRandom

  init(seed: UInt64) { random = LineRandom(seed: seed) }

  /// Most lines are usual but for a value or two.
  private var isCalm = true

  mutating func next() -> String {
    isCalm = !chance(4)
    return switch Int.random(in: 0..<5, using: &random) {
    case 0, 1: caddy()
    case 2: launcher()
    case 3: luigi()
    default: record()
    }
  }

  // MARK: Emitters

  private mutating func caddy() -> String {
    let request = object([
      ("remote_ip", address()), ("client_ip", address()), ("remote_port", port()),
      ("proto", text("HTTP/2.0")),
      ("method", pick(["\"GET\"", "\"POST\"", "\"\"", "\"{http.x}\""])),
      ("host", text("edge.example")), ("uri", target()),
      (
        "headers", headers(["User-Agent", "Accept", "Authorization", "Cookie", "Referer", "X-Own"])
      ),
      (
        "tls",
        object([
          ("resumed", "false"), ("version", pick(["772", "771", "770", "9", "70000", "7.5"])),
          ("cipher_suite", pick(["4865", "49195", "1", "4867"])), ("server_name", text("edge")),
        ])
      ),
    ])
    return object([
      ("level", "\"info\""), ("ts", time()), ("logger", "\"http.log.access.log0\""),
      ("msg", "\"handled request\""), ("request", request), ("bytes_read", whole()),
      ("user_id", name()), ("duration", seconds()), ("size", whole()),
      ("status", pick(["200", "202", "0", "999", "1000", "-1", "2e2"])),
      (
        "resp_headers",
        headers([
          "X-Request-Id", "X-Run-Id", "Location", "X-Auth-Groups", "Etag", "x-request-id", "Value",
        ])
      ),
      ("uuid", text("0a1b")), ("traceID", pick([trace(), "\"x\"", "7"])), ("groups", rarely("[]")),
      ("extra", any()), ("err_id", rarely("\"e\"")),
    ])
  }

  private mutating func launcher() -> String {
    object([
      ("schema", pick(["\"trigger-event/1\"", "\"trigger-event/2\"", "\"trigger-event/1\""])),
      ("ts", time()),
      (
        "event",
        pick([
          "\"run.requested\"", "\"run.spawned\"", "\"run.exited\"", "\"run.rejected\"", "\"x\"",
        ])
      ),
      ("run_id", name()), ("request_id", name()), ("job", name()), ("params", any()),
      ("user", name()), ("groups", groups()),
      ("trigger", pick(["\"http\"", "\"cron\"", "\"y\"", "1"])),
      ("traceparent", pick(["\"00-\(bare(trace()))-aa-01\"", "\"00-x\"", "null", trace()])),
      ("owner", name()), ("attempt", pick(["1", "0", "3.0", "12"])), ("host", name()),
      ("pid", whole()), ("exit_code", pick(["0", "1", "-9", "137", "-0", "255", "1000001"])),
      ("seconds", seconds()), ("cpu_s", seconds()), ("max_rss_bytes", whole()),
      ("timed_out", rarely("true")), ("argv", argv()),
    ])
  }

  private mutating func luigi() -> String {
    let events = [
      "run.start", "run.end", "task.start", "task.progress", "task.success", "task.failure",
      "task.broken", "task.timeout", "dependency.discovered", "dependency.missing",
      "dependency.present", "task.processing_time", "nothing",
    ]
    let context = object([
      ("request_id", name()), ("user", name()), ("groups", groups()), ("trigger", "\"http\""),
      ("job", name()), ("traceparent", "null"),
    ])
    let task = object([
      ("id", name()), ("family", name()), ("module", name()), ("params", any()),
      (
        "owner_email",
        pick(["[\"a@x\"]", "[\"a@x\",\"b@x\"]", "\"a@x, b@x\"", "[]", "\"a@x\"", "7"])
      ),
      ("priority", "0"),
    ])
    return object([
      ("schema", "\"luigi-event/1\""), ("ts", time()),
      ("event", "\"\(events.randomElement(using: &random) ?? "")\""), ("run_id", name()),
      ("context", pick([context, context, "null", "3"])), ("host", name()), ("pid", whole()),
      ("argv", argv()), ("seconds", seconds()), ("task", pick([task, task, task, "\"t\""])),
      ("attempt_in_process", "1"), ("elapsed", seconds()),
      ("dependency", rarely(object([("id", name()), ("params", any())]))),
      ("exception", rarely("{\"type\":\"E\",\"message\":\"m\"}")),
    ])
  }

  private mutating func record() -> String {
    let kind = pick(["request", "run", "task", "run", "alert"])
    return object([
      ("v", pick(["1", "1", "1", "2", "1.0"])), ("kind", "\"\(kind)\""),
      (
        "ts",
        pick([
          "\"2025-01-06T00:18:54.467000Z\"", "\"2025-01-06T01:18:54.467+01:00\"", "\"never\"",
          "\"2025-02-30T00:00:00.000000Z\"",
        ])
      ),
      ("source", name()), ("id", name()), ("run_id", name()), ("request_id", name()),
      ("task_id", name()), ("task", kind == "task" ? name() : nothing),
      ("job", kind == "task" ? nothing : name()),
      (
        "event",
        kind == "request"
          ? nothing : pick(["\"started\"", "\"succeeded\"", "\"queued\"", "\"gone\""])
      ),
      ("vantage", rarely("\"outside\"")),
      ("trigger", kind == "run" ? pick(["\"request\"", "\"http\""]) : nothing),
      (
        "groups", kind == "task" ? nothing : pick(["[\"a\",\"b\"]", "[\"a\", \"b\"]", "[]", "[1]"])
      ),
      ("owner", kind == "request" ? nothing : name()),
      ("attempt", kind == "request" ? nothing : pick(["1", "2", "1e0"])),
      ("params", kind == "request" ? nothing : any()),
      ("duration_s", seconds()), ("status", kind == "request" ? "200" : nothing),
      ("path", kind == "request" ? target() : nothing), ("own", rarely("1")),
      ("received_at", rarely("\"2025-01-06T00:18:54.467000Z\"")),
    ])
  }

  // MARK: Values

  private let nothing = ""

  /// Most members, mostly in order; an absent one is empty.
  private mutating func object(_ members: [(String, String)]) -> String {
    var kept = members.filter { !$0.1.isEmpty && !chance(14) }
    if chance(5) { kept.shuffle(using: &random) }
    if chance(isCalm ? 300 : 40), let twice = kept.randomElement(using: &random) {
      kept.append(twice)
    }
    let comma = chance(6) ? ", " : ","
    let colon = chance(6) ? ": " : ":"
    return "{"
      + kept.map { "\"\($0.0)\"\(colon)\(chance(isCalm ? 100 : 30) ? "null" : $0.1)" }.joined(
        separator: comma)
      + "}"
  }

  private mutating func headers(_ names: [String]) -> String {
    object(
      names.map { name in
        let value =
          switch name {
          case "Location": pick(["\"/jobs/a/runs/r-7?x=y\"", "\"https://h/runs/r8/\"", "\"/x\""])
          case "X-Auth-Groups": pick(["\"a, b,,c\"", "\"\"", "\"ops\""])
          case "Etag": "\"W/\\\"\(random.text("0123456789abcdef", 16))\\\"\""
          case "Authorization", "Cookie":
            pick(["\"REDACTED\"", "\"Bearer \(random.text("xyzXYZ129", 20))\""])
          default: name2()
          }
        return (name, pick(["[\(value)]", "[\(value)]", "[]", "[\(value),\"second\"]", value]))
      })
  }

  private mutating func name2() -> String { name() }

  private mutating func name() -> String {
    if isCalm, !chance(12) { return "\"\(random.text("abcdefgh-_.", 12))\"" }
    switch Int.random(in: 0..<14, using: &random) {
    case 0: return "\"\""
    case 1: return "\"{http.vars.x}\""
    case 2: return "\"q\\\"uote\\u00e9\\/\""
    case 3: return "\"é☃😀\u{7F}\""
    case 4:
      let secret = PlantedSecret.shaped(&random).randomElement(using: &random)
      return PlantedForm.allCases.randomElement(using: &random).map {
        "\"" + $0.written(secret?.text ?? "") + "\""
      } ?? "\"\""
    case 5: return "\"\(random.text("0123456789abcdef-", 36))\""
    case 6: return "\"key=value password=hunter2\""
    case 7: return "\"\(random.text("abcdefghijklmnopqrstuvwxyzCDIZ/+", 48))\""
    case 8: return "7"
    default: return "\"\(random.text("abcdefgh-_.", 12))\""
    }
  }

  private mutating func target() -> String {
    let query = pick(["", "", "?a=1&b=2&a=3", "?q=%20x", "?z;y=1", "?token=abc", "#f?x=1"])
    let path = pick([
      "/jobs/a-b/runs", "/jobs//runs", "/jobs/a%20b/runs", "/", "/x/y", "http://h/p",
      "/jobs/a/runs/7",
    ])
    return "\"\(path)\(query)\""
  }

  private mutating func time() -> String {
    pick([
      "1788732000.045849", "1788732420.8462303", "1795477219.55319071234", "1788732000",
      "1788732000.0",
      "946684800.5", "1788732000045.5", "-5", "1788732000.9999995", "\"2026-11-23T23:47:24.979Z\"",
      "12345.25",
    ])
  }

  private mutating func seconds() -> String {
    pick([
      "0.001352382", "0.012340000", "3.000", "0", "0.0", "0.00009", "0.0001", "12",
      "154.12527766418458",
      "-0.5", "-3", "1e-3", "123456789012345.5", "1234567890123456", "0.1234567890123456",
      "999999999999999",
      "\"1.5ms\"", "\(Double.random(in: 0...500, using: &random))",
      "0.\(random.text("0123456789", 9))",
    ])
  }

  private mutating func whole() -> String {
    pick([
      "0", "17", "9000", "9223372036854775807", "9223372036854775808", "-1", "1.5", "5.0", "1e3",
    ])
  }

  private mutating func groups() -> String {
    pick([
      "\"a, b\"", "[\"a\",\"b\"]", "[\"\",\"b\"]", "[]", "null", "[1]", "[ \"a\" ]", "\",\"", "3",
    ])
  }

  private mutating func argv() -> String {
    pick([
      "[\"--date\",\"2026-09-06\"]", "[\"--password\",\"hunter2\"]", "[\"-x\",[\"y\",{\"a\":1}]]",
      "[]",
    ])
  }

  private mutating func any() -> String {
    pick([
      "{\"date\":\"2026-09-06\"}", "{}", "{\"password\":\"x\",\"n\":1}",
      "{\"name\":\"pin\",\"value\":\"1\"}",
      "{\"a\":{\"b\":[1,2,{\"c\":null}]}}", "[1,\"x\"]", "{\"api_key\":12}",
      "{\"headers\":{\"Accept\":[\"x\"],\"X\":[\"y\"]}}",
      "{\"url\":\"http://u:p@h/?a=b\"}", "{\"url\":[{\"a\":\"b\"}]}",
      "\"{\\\"password\\\":\\\"x\\\"}\"",
      "{\"ghp_aaaaaaaaaaaaaaaaaaaaaaaa\":1}", "{\"d\":1,\"d\":2}", "{\"x\\u0041\":1}",
      "[[[[[[[[[[1]]]]]]]]]]",
    ])
  }

  private mutating func address() -> String {
    pick(["\"10.2.3.4\"", "\"::1\"", "\"\"", "5", "null"])
  }

  private mutating func port() -> String {
    pick(["\"36618\"", "\"0\"", "\"007\"", "\"+5\"", "\"70000\"", "443", "\"x\"", "\"\""])
  }

  private mutating func trace() -> String { "\"\(random.text("0123456789abcdef", 32))\"" }

  private func bare(_ text: String) -> String { text.filter { $0 != "\"" } }

  private mutating func text(_ usual: String) -> String { chance(10) ? name() : "\"\(usual)\"" }

  private mutating func rarely(_ value: String) -> String {
    chance(isCalm ? 60 : 12) ? value : nothing
  }

  private mutating func pick(_ values: [String]) -> String {
    // The first is the usual one.
    (isCalm ? !chance(25) : chance(2)) ? values[0] : values.randomElement(using: &random) ?? ""
  }

  /// True once in `count`.
  private mutating func chance(_ count: Int) -> Bool {
    Int.random(in: 0..<count, using: &random) == 0
  }
}
