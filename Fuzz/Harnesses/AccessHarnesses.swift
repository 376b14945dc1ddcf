import GatewayAndScheduler
import Ingest

extension Harness {
  static let access: [Harness] = [
    Harness(
      "access-policy", byteCountMax: 8192,
      words: [
        "roles:", "rules:", "name:", "effect:", "'permit'", "'deny'", "'hold'", "principals:",
        "groups:",
        "actions:", "'run:*'", "jobs:", "'etl-*'", "when:", "hours:", "'mon-fri 08:00-18:00'",
        "networks:",
        "'10.0.0.0/8'", "'::/0'", "limits:", "open_runs_of_job:", "triggers:", "count:", "per:",
        "'1h'",
        "off_hours_p_below:", "holidays:", "zone:", "types:", "credentials:",
      ],
      seeds: {
        texts(
          "{roles: {ops: {groups: ['ops'], types: ['human']}}, rules: [{name: 'a', effect: 'permit', "
            + "roles: ['ops'], actions: ['run:*'], jobs: ['etl-*'], when: {hours: 'mon-fri 08:00-18:00', "
            + "networks: ['10.0.0.0/8', '2001:db8::/32'], holidays: false}, "
            + "limits: {open_runs_of_job: 1, triggers: {count: 2, per: '1m'}}}]}",
          "{holidays: ['2026-12-25'], rules: [{name: 'a', effect: 'hold', principals: ['*'], "
            + "actions: ['*'], when: {off_hours_p_below: 0.01, types: ['service']}},"
            + "{name: 'b', effect: 'deny', groups: ['x'], actions: ['run:trigger']}]}", "{}")
      }, run: AccessProperties.policy),
    Harness(
      "service-token", byteCountMax: 512,
      words: ["vigil_", "0123456789abcdef", "Bearer ", "\"hmac\":\"", "\n"],
      seeds: {
        texts(
          "vigil_0123456789abcdef_" + String(repeating: "0123456789abcdef", count: 4), "vigil_",
          "Bearer x",
          "{\"v\":1,\"event\":\"revoked\",\"at\":\"2026-11-24T05:00:00.000000Z\",\"id\":\"x\",\"hmac\":\""
            + String(repeating: "0", count: 64) + "\"}\n")
      }, run: AccessProperties.token),
    Harness(
      "action-route", byteCountMax: 1024,
      words: ["POST ", "/jobs/", "/runs", "{job}", "%2F", "..", ";", "//", "?", "*"],
      seeds: { texts("POST /jobs/etl/runs", "GET /runs/42?x=1", "GET /a/*", "GET /jobs/%2e%2e") },
      run: AccessProperties.route),
  ]
}

/// What decides about access is total, and takes a thing in one way only.
enum AccessProperties {
  private static let zones = ZoneCatalogue { (name) throws(ZoneError) in throw .unknown(name) }

  static func policy(_ bytes: [UInt8]) throws {
    let policy: AccessPolicy
    do throws(ConfigurationError) {
      policy = try AccessPolicy(bytes.span, file: "policy.json5", zones: zones) {
        (path) throws(InputError) in throw .missing(path: path)
      }
    } catch { return try requireLegible(error.description) }
    let unreachable = PolicyCheck.doubts(policy, jobs: ["etl-a", bytes.text]).filter {
      $0.kind == .unreachable
    }
    let names = Set(
      unreachable.compactMap { doubt in
        policy.rules.first { $0.place == doubt.place }?.name
      })
    for question in questions(bytes.text) {
      let answer = policy.decide(question)
      try requireLegible(answer.reason)
      try require(answer.reason.utf8.count <= PolicyText.reasonByteCountMax, "a long reason")
      try require(!names.contains(answer.rule), "\(answer.rule) is reached")
      try require(question.identity != nil || answer.effect == .deny, "nobody may something")
    }
  }

  private static func questions(_ text: String) -> [AccessQuestion] {
    var ada = Identity(principal: "ada", principalType: .human, credential: .session)
    ada.groups = ["ops", "x"]
    var odd = Identity(principal: text, principalType: .service, credential: .serviceToken)
    odd.zone = text
    odd.scopes = ["*", text]
    let at = Timestamp(microseconds: 1_795_507_200_000_000) ?? .earliest
    return [ada, odd, nil].flatMap { identity in
      [("run:trigger", "etl-a"), ("run:view", nil), (text, text)].map { action, job in
        var question = AccessQuestion(
          action == "public" ? "" : action, job: job, by: identity, at: at)
        question.remoteIP = job == "etl-a" ? "10.1.2.3" : text
        question.facts.openRunsOfJob = 1
        question.facts.triggerAges = [1, -1, 1e300]
        return question
      }
    }
  }

  static func token(_ bytes: [UInt8]) throws {
    if let token = ServiceTokenText(bytes.text) {
      try require(token.reveal() == bytes.text, "a second spelling of a token")
      try require(!"\(token)".contains(token.reveal().suffix(64)), "a secret that shows")
    }
    if let address = IPAddress(bytes.text) {
      try require(
        IPNetwork(bytes.text)?.contains(address) == true, "an address outside its network")
    }
    guard let key = ServiceTokenKey([UInt8](repeating: 7, count: 32)) else { return }
    do throws(ServiceTokenStoreError) {
      let contents = try ServiceTokenStore.parse(bytes, key)
      try? require(contents.table.all.isEmpty, "a line without the key")
      precondition(contents.table.all.isEmpty, "a line was sealed without the key")
    } catch { try requireLegible(error.description) }
    do throws(SecretReferenceError) {
      let reference = try SecretReference(bytes.text)
      try? requireLegible(reference.description)
    } catch { try requireLegible(error.description) }
  }

  /// The text is a route and a request at once.
  static func route(_ bytes: [UInt8]) throws {
    var routes = ActionRoutes.standard
    let parts = bytes.text.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return }
    let before = routes.resolve(method: parts[0], target: parts[1])
    _ = routes.add(bytes.text, "x:y")
    if case .action(let match) = before, match.action == AccessAction.trigger {
      try require(parts[0] == "POST" && match.job?.isEmpty == false, "a trigger without a job")
    }
    if case .action(let match) = routes.resolve(method: parts[0], target: parts[1]) {
      for value in match.captures.values {
        try require(
          !value.contains("/") && value != ".." && !value.contains("%"), "capture \(value)")
      }
    }
  }
}
