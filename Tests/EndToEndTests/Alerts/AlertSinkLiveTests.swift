import Detect
import Foundation
import GatewayAndScheduler
import Testing

/// Sinks against the real receivers.
///
/// Skipped where a program is not installed; VIGIL_TEST_LIVE=required makes that a failure.
@Suite(
  .serialized, .enabled(if: AlertPrograms.areUsable, "\(AlertPrograms.missing) is not installed"))
struct AlertSinkLiveTests {
  @Test("every program that these tests stand on is there")
  func programs() { #expect(AlertPrograms.missing.isEmpty) }
}

/// What the receivers are.
enum AlertPrograms {
  static var missing: [String] {
    let files = [
      "/usr/bin/prometheus-alertmanager", "/usr/sbin/rsyslogd", "/usr/bin/python3",
      "/usr/bin/openssl", "/usr/lib/python3/dist-packages/aiosmtpd/smtp.py",
    ]
    let missing = files.filter { !FileManager.default.fileExists(atPath: $0) }
    // Where it lies depends on the machine's kind.
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
    let hasTLS = folders.contains { folder in
      FileManager.default.fileExists(atPath: "/usr/lib/\(folder)/rsyslog/lmnsd_ossl.so")
    }
    return missing + (hasTLS ? [] : ["rsyslog's lmnsd_ossl.so"])
  }

  static let areUsable = LivePrograms.areRequired || missing.isEmpty
}

// MARK: Alertmanager

extension AlertSinkLiveTests {
  @Test("Alertmanager takes an alert, updates meet it, and its resolution ends it")
  func alertmanager() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let port = try freePort()
    let base = "http://127.0.0.1:\(port)"
    try Data("route: {receiver: none}\nreceivers: [{name: none}]\n".utf8)
      .write(to: URL(fileURLWithPath: bench.folder.path("am.yml")))
    let process = try ReceiverProcess(
      "/usr/bin/prometheus-alertmanager",
      [
        "--config.file=\(bench.folder.path("am.yml"))",
        "--storage.path=\(bench.folder.path("data"))", "--web.listen-address=127.0.0.1:\(port)",
        "--cluster.listen-address=",
      ], log: bench.folder.path("am.log"))
    defer { process.stop() }
    let sink = try bench.sink(
      #"{type: "alertmanager", url: "\#(base)", labels: ["team=data"], hold: "1h"}"#)
    // Until it listens the outcome is a repetition, as it should be.
    var first = await sink.deliver(SinkBench.notification(severity: .low))
    for _ in 0..<200 where first != .delivered {
      #expect(SinkBench.retryReason(first) != nil, "\(first)")
      try process.wait(for: "Alertmanager") { process.text.contains("Listening on") }
      first = await sink.deliver(SinkBench.notification(severity: .low))
    }
    #expect(first == .delivered)
    var alert = try #require(try await alerts(bench, base).first)
    let labels = try #require(alert["labels"] as? [String: String])
    #expect(labels == ["alertname": "Vigil", "vigil_group": "e1", "team": "data"])
    let fingerprint = try #require(alert["fingerprint"] as? String)

    let hostile = "\u{202E}ben\r\n\"}]<!channel>"
    let update = SinkBench.notification(key: 2, severity: .critical, text: hostile)
    #expect(await sink.deliver(update) == .delivered)
    let updated = try await alerts(bench, base)
    #expect(updated.count == 1)
    alert = try #require(updated.first)
    #expect(alert["fingerprint"] as? String == fingerprint)
    let annotations = try #require(alert["annotations"] as? [String: String])
    #expect(annotations["severity"] == "critical")
    #expect(annotations["principal"] == "\\u{202e}ben\\u{d}\\u{a}\"}]<!channel>")

    #expect(await sink.deliver(SinkBench.notification(group: "e2", key: 3)) == .delivered)
    #expect(try await alerts(bench, base).count == 2)
    // Its clock may be behind ours: the end that we name must not be still to come there.
    bench.putForward(seconds: 2)
    #expect(await sink.deliver(SinkBench.notification(.resolved, key: 4)) == .delivered)
    let left = try await alerts(bench, base)
    #expect(left.compactMap { ($0["labels"] as? [String: String])?["vigil_group"] } == ["e2"])
    #expect(await sink.deliver(SinkBench.notification(.test, key: 5)) == .delivered)
    #expect(!sink.events.contains(.acknowledged))
  }

  private func alerts(_ bench: SinkBench, _ base: String) async throws -> [[String: Any]] {
    let response = try await bench.client.send(
      HTTPClientRequest(.get, base + "/api/v2/alerts", timeout: .seconds(10)))
    #expect(response.status == .ok)
    return try #require(
      try JSONSerialization.jsonObject(with: Data(response.body)) as? [[String: Any]])
  }
}

// MARK: HTTP

extension AlertSinkLiveTests {
  @Test("a webhook's signature is checked by the code of the documentation; changed ones fail")
  func signature() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try bench.listener(
      "http_sink.py", [bench.folder.path("requests")], log: "http.log")
    defer { process.stop() }
    let key = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD8eZbDyfY2dE="
    let old = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
    let text =
      #"{type: "webhook", url: "http://127.0.0.1:\#(port)/ok", "#
      + #"secret: "\#(try bench.secret("key", key))""#
    let single = try bench.sink(text + "}")
    #expect(await single.deliver(SinkBench.notification(text: "Łukasz\r\n\u{1}")) == .delivered)
    let changing = try bench.sink(
      text + #", previous_secret: "\#(try bench.secret("old", old))"}"#)
    #expect(await changing.deliver(SinkBench.notification(.resolved, key: 2)) == .delivered)
    #expect(try check(bench, key) == "True False False False\nTrue False False False\n")
    #expect(try check(bench, old) == "False False False False\nTrue False False False\n")
    // Rotated while it runs: the next one is signed with the new key.
    _ = try bench.secret("key", old)
    #expect(await single.deliver(SinkBench.notification(key: 3)) == .delivered)
    #expect(try check(bench, old).hasSuffix("True False False False\n"))

    let sent = try #require(try bench.objects("requests").first)
    let pairs = try #require(sent["headers"] as? [[String]])
    let headers = Dictionary(pairs.map { ($0[0].lowercased(), $0[1]) }) { $1 }
    #expect(headers["idempotency-key"] == SinkBench.notification().key)
    #expect(headers["webhook-id"] == SinkBench.notification().key)
    #expect(headers["content-type"] == "application/json")
  }

  /// What the documentation's own code says of each request.
  private func check(_ bench: SinkBench, _ secret: String) throws -> String {
    let root = BuiltTool.root
    let process = try ReceiverProcess(
      "/usr/bin/python3",
      [
        root.appendingPathComponent("Tests/Live/check_webhook.py").path,
        root.appendingPathComponent("Documentation/AlertSinks.md").path,
        bench.folder.path("requests"), secret,
      ], log: bench.folder.path("check.log"))
    #expect(process.wait() == 0, "\(process.text)")
    return process.text
  }

  @Test(
    "what a receiver does decides whether it is asked again, and nothing it says leaks a secret")
  func misbehaviour() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try bench.listener(
      "http_sink.py", [bench.folder.path("requests")], log: "http.log")
    defer { process.stop() }
    let key = "hunter2-hunter2-hunter2-hunter2"
    let reference = try bench.secret("key", key)
    let cases: [(path: String, expected: String)] = [
      ("status/202", "delivered"), ("status/204", "delivered"), ("status/408", "retry"),
      ("status/425", "retry"), ("status/429", "retry"), ("status/500", "retry"),
      ("status/503", "retry"), ("status/599", "retry"), ("status/400", "refused"),
      ("status/413", "refused"), ("status/415", "refused"), ("status/422", "refused"),
      ("status/401", "retry"), ("status/403", "retry"), ("status/404", "retry"),
      ("status/407", "retry"), ("status/409", "retry"), ("status/410", "retry"),
      ("status/421", "retry"), ("status/301", "retry"), ("status/304", "retry"),
      ("redirect", "retry"), ("stall", "retry"), ("reset", "retry"), ("garbage", "retry"),
      ("echo/hunter2-path", "refused"),
      // It has said that it has it, and goes on badly.
      ("slow", "delivered"), ("half", "delivered"), ("huge", "delivered"),
    ]
    for (path, expected) in cases {
      let sink = try bench.sink(
        #"{type: "webhook", url: "http://127.0.0.1:\#(port)/\#(path)", secret: "\#(reference)", "#
          + #"token: "\#(reference)", timeout: "\#(path.hasPrefix("s") && !path.contains("/") ? 2 : 30)s"}"#
      )
      let outcome = await sink.deliver(SinkBench.notification())
      #expect(
        "\(outcome)".hasPrefix(expected) || "\(outcome)".contains(".\(expected)"),
        "\(path): \(outcome)")
      #expect(!"\(outcome)".contains("hunter2"), "\(path): \(outcome)")
      if let reason = SinkBench.refusal(outcome) {
        #expect(reason.unicodeScalars.count < 220, "\(reason)")
      }
    }
    let paths = try bench.objects("requests").compactMap { $0["path"] as? String }
    #expect(!paths.contains("/ok"), "a redirect was followed")
    #expect(paths.count == cases.count, "something was sent twice: \(paths)")
  }

  @Test(
    "a pause that is asked for is believed within an hour, and nonsense is none",
    arguments: [
      ("120", Duration.seconds(120)), ("0", .zero), ("99999999999999999999", .seconds(3600)),
      ("-5", nil), ("banana", nil), ("Wed, 21 Oct 2099 07:28:00 GMT", .seconds(3600)),
      ("Wed, 21 Oct 2015 07:28:00 GMT", .zero), ("Wed, 99 Oct 2099 07:28:00 GMT", nil),
      ("1e9", nil),
    ] as [(String, Duration?)])
  func retryAfter(text: String, expected: Duration?) async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try bench.listener(
      "http_sink.py", [bench.folder.path("requests")], log: "http.log")
    defer { process.stop() }
    let path = text.replacing(" ", with: "%20")
    let url = try bench.secret("url", "http://127.0.0.1:\(port)/status/503/after/\(path)")
    let sink = try bench.sink(#"{type: "slack", url: "\#(url)"}"#)
    let outcome = await sink.deliver(SinkBench.notification())
    #expect(outcome == .retry(reason: "status 503", after: expected))
  }

  @Test("a secret that was rotated is read again; a cancelled attempt ends at once")
  func rotationAndCancelling() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try bench.listener(
      "http_sink.py", [bench.folder.path("requests")], log: "http.log")
    defer { process.stop() }
    let key = try bench.secret("key", String(repeating: "k", count: 32))
    let token = try bench.secret("token", "old")
    let address = "http://127.0.0.1:\(port)"
    let sink = try bench.sink(
      #"{type: "webhook", url: "\#(address)/bearer/new", secret: "\#(key)", token: "\#(token)"}"#)
    #expect(SinkBench.retryReason(await sink.deliver(SinkBench.notification())) == "status 401")
    _ = try bench.secret("token", "new")
    #expect(await sink.deliver(SinkBench.notification()) == .delivered)
    // Gone for a moment: nothing is lost.
    try FileManager.default.removeItem(atPath: bench.folder.path("token"))
    #expect(SinkBench.retryReason(await sink.deliver(SinkBench.notification())) != nil)

    let stalling = try bench.sink(
      #"{type: "webhook", url: "\#(address)/stall", secret: "\#(key)", timeout: "100s"}"#)
    let task = Task { await stalling.deliver(SinkBench.notification()) }
    try process.wait(for: "the request") { bench.text("requests").contains("/stall") }
    task.cancel()
    #expect(SinkBench.retryReason(await task.value) == "request: cancelled")
    // Nobody listens any more.
    process.stop()
    let outcome = await sink.deliver(SinkBench.notification())
    #expect(SinkBench.retryReason(outcome) != nil)
  }

  @Test("a program that gives the secret is asked again when its last one is refused, not before")
  func program() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try bench.listener(
      "http_sink.py", [bench.folder.path("requests")], log: "http.log")
    defer { process.stop() }
    _ = try bench.secret("token", "old")
    let key = try bench.secret("key", String(repeating: "k", count: 32))
    let sink = try bench.sink(
      #"{type: "webhook", url: "http://127.0.0.1:\#(port)/bearer/new", secret: "\#(key)", "#
        + #"token: "exec:/bin/cat \#(bench.folder.path("token"))"}"#)
    #expect(SinkBench.retryReason(await sink.deliver(SinkBench.notification())) == "status 401")
    #expect(try bench.objects("requests").count == 1)
    _ = try bench.secret("token", "new")
    // Too soon to run it again; later it is, within the attempt.
    #expect(SinkBench.retryReason(await sink.deliver(SinkBench.notification())) == "status 401")
    bench.putForward(seconds: 60)
    #expect(await sink.deliver(SinkBench.notification()) == .delivered)
    #expect(try bench.objects("requests").count == 4)
  }

  @Test("PagerDuty's and Slack's messages arrive as documented, at a base of one's own")
  func services() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try bench.listener(
      "http_sink.py", [bench.folder.path("requests")], log: "http.log")
    defer { process.stop() }
    let key = try bench.secret("routing", "0123456789abcdef0123456789abcdef")
    let pager = try bench.sink(
      #"{type: "pagerduty", url: "http://127.0.0.1:\#(port)/ok/", routing_key: "\#(key)"}"#)
    for (index, event) in [AlertNotification.Event.raised, .acknowledged, .resolved].enumerated() {
      #expect(await pager.deliver(SinkBench.notification(event, key: index)) == .delivered)
    }
    let url = try bench.secret("url", "http://127.0.0.1:\(port)/ok/T0/B0/XYZ")
    let slack = try bench.sink(#"{type: "slack", url: "\#(url)"}"#)
    #expect(await slack.deliver(SinkBench.notification(text: "<!channel>")) == .delivered)
    let requests = try bench.objects("requests")
    #expect(
      requests.compactMap { $0["path"] as? String }
        == Array(repeating: "/ok/v2/enqueue", count: 3) + ["/ok/T0/B0/XYZ"])
    let bodies = try requests.map { request in
      let text = try #require(request["body"] as? String)
      let data = try #require(Data(base64Encoded: text))
      return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    #expect(
      bodies.compactMap { $0["event_action"] as? String } == ["trigger", "acknowledge", "resolve"])
    #expect(bodies.prefix(3).allSatisfy { $0["dedup_key"] as? String == "e1" })
    #expect((bodies[3]["text"] as? String)?.contains("&lt;!channel&gt;") == true)
  }

  @Test("a server whose certificate no authority of ours vouches for gets nothing")
  func certificates() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (certificate, keyFile) = try bench.certificate()
    let (other, _) = try bench.certificate("other")
    let port = try freePort()
    let process = try ReceiverProcess(
      "/usr/bin/openssl",
      [
        "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", keyFile, "-www",
      ], log: bench.folder.path("tls.log"))
    defer { process.crash() }
    try process.wait(for: "the server") { process.text.contains("ACCEPT") }
    let key = try bench.secret("key", String(repeating: "k", count: 32))
    for (file, isTrusted) in [(certificate, true), (other, false)] {
      let sink = try bench.sink(
        #"{type: "webhook", url: "https://localhost:\#(port)/", secret: "\#(key)", "#
          + #"authority_file: "\#(file)", timeout: "\#(isTrusted ? 3 : 30)s"}"#)
      let outcome = await sink.deliver(SinkBench.notification())
      // It answers GET alone, so that trust shows as another fault than tls.
      let reason = try #require(SinkBench.retryReason(outcome), "\(outcome)")
      #expect(reason.contains("certificate refused") != isTrusted, "\(reason)")
    }
  }
}
