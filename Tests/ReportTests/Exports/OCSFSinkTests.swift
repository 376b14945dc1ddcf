import Detect
import Ingest
import Report
import TestSupport
import Testing

/// Events against what the published schema requires.
@Suite struct OCSFSinkTests {
  /// From https://github.com/ocsf/ocsf-schema at `v1.8.0 prep` (commit 3dcb905d): `requirement:
  /// required` of `events/**`, parents and included profiles resolved, and `constraints.at_least_one`.
  private static let required = [
    "activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid",
  ]
  private static let classes:
    [Int64: (required: [String], oneOf: [String], activities: Set<Int64>)] =
      [
        1006: (["device", "job"], [], Set(1...6)),
        1008: (
          [], ["log_file", "log_name", "log_provider", "log_type", "log_type_id"], Set(1...10)
        ),
        2003: (["compliance", "finding_info"], [], Set(1...3)),
        2004: (["finding_info"], [], Set(1...3)),
        3002: (["user"], ["service", "dst_endpoint"], Set(1...7)),
        3004: (["entity"], [], Set(1...13)),
        4002: ([], ["http_request", "http_response"], Set(1...40)),
        6003: (["actor", "api", "src_endpoint"], [], Set(1...4)),
      ]
  /// Required attributes, and of which at least one, of the objects under these keys.
  private static let objects: [String: (required: [String], oneOf: [String])] = [
    "metadata": (["product", "version"], []),
    "product": ([], ["name", "uid"]),
    "actor": ([], ["process", "user", "invoked_by", "session", "app_name", "app_uid"]),
    "user": ([], ["account", "name", "uid"]),
    "api": (["operation"], []),
    "src_endpoint": (
      [],
      [
        "ip", "uid", "name", "hostname", "svc_name", "instance_uid", "interface_uid",
        "interface_name", "domain",
      ]
    ),
    "device": (["type_id"], []),
    "job": (["name"], []),
    "finding_info": (["uid"], []),
    "analytic": (["type_id"], []),
    "entity": ([], ["name", "uid", "device", "group", "org", "policy", "user"]),
    "http_response": (["code"], []),
    "url": ([], ["url_string", "path"]),
    "policy": ([], ["name", "type", "uid"]),
    "service": ([], ["name", "uid"]),
  ]

  /// One record of every kind and of every event, effect and state that a kind has.
  private static var records: [Record] {
    var records = PackageFixture.records
    var serial = 0
    func add(_ body: RecordBody) {
      serial += 1
      let header = RecordHeader(
        timestamp: Build.time(Double(serial)), source: "vigil/gateway", id: "s\(serial)")
      records.append(Record(header: header, body: body))
    }
    for event in ControlRecord.Event.allCases { add(.control(ControlRecord(event: event))) }
    for event in RunRecord.Event.allCases {
      var run = RunRecord(event: event)
      run.runID = "x"
      add(.run(run))
    }
    for event in TaskRecord.Event.allCases {
      var task = TaskRecord(event: event)
      (task.runID, task.taskID) = ("x", "t")
      add(.task(task))
    }
    for effect in DecisionRecord.Effect.allCases { add(.decision(DecisionRecord(effect: effect))) }
    for event in AlertRecord.Event.allCases {
      var alert = AlertRecord(event: event)
      alert.findingID = "f"
      add(.alert(alert))
    }
    for event in ApprovalRecord.Event.allCases {
      var approval = ApprovalRecord(subject: .finding, event: event)
      approval.approvalID = "a"
      add(.approval(approval))
    }
    for method in ["GET", "HEAD", "BREW", ""] {
      var request = RequestRecord()
      request.method = method
      add(.request(request))
      request.job = "etl"
      add(.request(request))
    }
    return records
  }

  @Test("every event has what its class requires, and its numbers agree")
  func required() throws {
    let package = try PackageFixture(Self.records).export()
    let events = try PackageFixture.objects("events.ocsf.jsonl", package)
    var seen: Set<Int64> = []
    for event in events {
      func number(_ key: StaticString) -> Int64 {
        event.member(event.root, key).flatMap { event.integer($0) } ?? -1
      }
      let line = String(decoding: event.bytes, as: UTF8.self)
      let uid = number("class_uid")
      seen.insert(uid)
      let rule = try #require(Self.classes[uid], "\(line)")
      for key in Self.required + rule.required {
        #expect(event.has(event.root, key), "\(key): \(line)")
      }
      #expect(
        rule.oneOf.isEmpty || rule.oneOf.contains { event.has(event.root, $0) },
        "\(line)")
      #expect(number("category_uid") == uid / 1000)
      #expect(number("type_uid") == uid * 100 + number("activity_id"))
      #expect(rule.activities.contains(number("activity_id")) || number("activity_id") == 99)
      if number("activity_id") == 99 {
        #expect(event.member(event.root, "activity_name") != nil, "\(line)")
      }
      #expect(number("time") > 1_700_000_000_000, "milliseconds")
      check(event, event.root)
    }
    #expect(seen == Set(Self.classes.keys))
  }

  private func check(_ event: JSONDocument, _ object: JSONDocument.Reference) {
    event.forEachMember(object) { name, value in
      let key = event.string(name) ?? ""
      if event.kind(value) == .array {
        event.forEachElement(value) { check(event, $0) }
      }
      guard event.kind(value) == .object else { return }
      if let rule = Self.objects[key] {
        for inner in rule.required { #expect(event.has(value, inner), "\(key)") }
        #expect(
          rule.oneOf.isEmpty || rule.oneOf.contains { event.has(value, $0) },
          "\(key): \(String(decoding: event.bytes, as: UTF8.self))")
      }
      check(event, value)
    }
  }
}

extension JSONDocument {
  /// Whether an object has a key.
  fileprivate func has(_ object: Reference, _ key: String) -> Bool {
    var found = false
    forEachMember(object) { name, _ in if string(name) == key { found = true } }
    return found
  }
}
