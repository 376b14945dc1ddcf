import Detect
import Foundation
import Ingest
import TestSupport
import Testing

@Suite struct AlertPayloadTests {
  @Test("a payload is the envelope, what is known of the group, and every finding whole")
  func golden() {
    var notification = SampleNotification.make()
    notification.owner = "data"
    let finding =
      #"{"finding_id":"11111111111111111111111111111111","rule":"off_hours","#
      + #""ts":"2025-11-24T08:34:12.500000Z","severity":"high","p_value":0.0008,"score":30.97,"#
      + #""principal":"ana","job":"report","episode_id":"e1","observed":{"hour":3.2},"#
      + #""expected":{"hours":"8 to 18"},"history":{"events":120,"days":40},"#
      + #""explanation":"ana triggered report at 03:12, 1 in 1,300","evidence":[17,18]}"#
    let expected =
      #"{"type":"alert.raised","timestamp":"2025-11-24T08:34:12.500000Z","data":{"#
      + #""key":"00112233445566778899aabbccddeeff","sink":"ops","group_id":"e1","severity":"high","#
      + #""summary":"Vigil high: off_hours: ana triggered report at 03:12, 1 in 1,300","#
      + #""finding_count":1,"owner":"data","findings":[\#(finding)]}}"#
    #expect(String(decoding: AlertPayload.bytes(notification), as: UTF8.self) == expected)
  }

  @Test("findings that would make it too long are left out, the count still tells of them")
  func bounded() throws {
    let long = String(repeating: "\u{1}", count: 30_000)
    let findings = (0..<50).map { SampleNotification.finding($0, explanation: long) }
    let bytes = AlertPayload.bytes(SampleNotification.make(findings: findings))
    #expect(bytes.count <= AlertPayload.byteCountMax)
    let data = try #require(try SampleNotification.object(bytes)["data"] as? [String: Any])
    #expect(data["finding_count"] as? Int == 50)
    let kept = try #require(data["findings"] as? [Any]).count
    #expect((1..<50).contains(kept), "\(kept)")
  }

  @Test("hostile text stays text", arguments: HostileText.texts)
  func hostile(text: String) throws {
    let bytes = AlertPayload.bytes(SampleNotification.hostile(text, .raised))
    #expect(bytes.count <= AlertPayload.byteCountMax && !bytes.contains(0x0A))
    #expect(try SampleNotification.object(bytes)["type"] as? String == "alert.raised")
  }
}

@Suite struct WebhookSignatureTests {
  private static let body = Array(#"{"test": 2432232314}"#.utf8)

  @Test("the signature is that of the specification's own example, one for each key")
  func vector() throws {
    let key = try #require(
      WebhookSignature.key(Array("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8)))
    let now = try #require(Timestamp(microseconds: 1_614_265_330_999_999))
    let one = WebhookSignature.header(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: now, body: WebhookSignatureTests.body, keys: [key])
    #expect(one == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    let two = WebhookSignature.header(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: now, body: WebhookSignatureTests.body,
      keys: [key, key])
    #expect(two == "\(one) \(one)")
  }

  @Test(
    "a key is 24 bytes or more, as they are or in base64 behind whsec_",
    arguments: [
      (String(repeating: "k", count: 24), 24), (String(repeating: "k", count: 23), nil),
      ("whsec_!!!!", nil), ("whsec_" + String(repeating: "AAAA", count: 8), 24), ("", nil),
      (String(repeating: "k", count: 4097), nil),
    ] as [(String, Int?)])
  func keys(secret: String, count: Int?) {
    #expect(WebhookSignature.key(Array(secret.utf8))?.count == count)
  }
}

@Suite struct SlackMessageTests {
  @Test("a message is a fallback and verbatim sections")
  func golden() {
    let headline = "Vigil high: off_hours: ana &lt;triggered&gt; R&amp;D"
    let facts =
      #"Event: raised\nSeverity: high\nRule: off_hours\nJob: report\nPrincipal: ana\n"#
      + #"Raised at: 2025-11-24T08:34:12.500000Z\nFindings: 1\nGroup: e1\n"#
      + "Key: 00112233445566778899aabbccddeeff"
    let section = { (text: String) in
      #"{"type":"section","text":{"type":"mrkdwn","text":"\#(text)","verbatim":true}}"#
    }
    let expected =
      #"{"text":"\#(headline)","parse":"none","link_names":false,"mrkdwn":false,"#
      + #""unfurl_links":false,"unfurl_media":false,"blocks":[\#(section(headline)),"#
      + #"\#(section(facts))]}"#
    let notification = SampleNotification.make(
      findings: [SampleNotification.finding(explanation: "ana <triggered> R&D")])
    #expect(String(decoding: SlackMessage.bytes(notification), as: UTF8.self) == expected)
  }

  @Test("no text is longer than Slack takes, none holds a bare mark", arguments: HostileText.texts)
  func hostile(text: String) throws {
    var notification = SampleNotification.hostile(text, .raised)
    let findings = Array(repeating: notification.findings[0], count: 50)
    notification.findings = findings
    notification.findingCount = 70
    let object = try SampleNotification.object(SlackMessage.bytes(notification))
    let blocks = try #require(object["blocks"] as? [[String: Any]])
    #expect(blocks.count <= 50)
    let sections = try blocks.map { block in
      try #require((block["text"] as? [String: Any])?["text"] as? String)
    }
    for shown in sections + [try #require(object["text"] as? String)] {
      #expect(shown.utf16.count <= SlackMessage.sectionCharacterCountMax && !shown.isEmpty)
      #expect(!shown.contains("<") && !shown.contains(">"))
      let bare = shown.replacing("&amp;", with: "").replacing("&lt;", with: "")
        .replacing("&gt;", with: "")
      #expect(!bare.contains("&"))
      #expect(HostileText.isShown(shown.replacing("\n", with: "")))
    }
    #expect(sections.last == "and 60 more findings")
  }
}

@Suite struct AlertmanagerAlertsTests {
  private static let format = AlertmanagerAlerts(
    labels: [("team", "data")], holdSeconds: 3600)

  @Test("an alert states labels that last, annotations, a start and an end")
  func golden() throws {
    let now = SampleNotification.instant.advanced(bySeconds: 10)
    let bytes = AlertmanagerAlertsTests.format.bytes(SampleNotification.make(), at: now)
    let expected =
      #"[{"labels":{"alertname":"Vigil","vigil_group":"e1","team":"data"},"annotations":{"#
      + #""summary":"Vigil high: off_hours: ana triggered report at 03:12, 1 in 1,300","#
      + #""event":"raised","severity":"high","rule":"off_hours","job":"report","#
      + #""principal":"ana","raised_at":"2025-11-24T08:34:12.500000Z","findings":"1","#
      + #""key":"00112233445566778899aabbccddeeff"},"startsAt":"2025-11-24T08:34:12.500000Z","#
      + #""endsAt":"2025-11-24T09:34:22.500000Z"}]"#
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test("labels are the same whatever becomes of the group; the end is never before the start")
  func labels() throws {
    var seen: Set<String> = []
    for (event, severity) in [
      (AlertNotification.Event.raised, Finding.Severity.low), (.raised, .critical),
      (.acknowledged, .critical), (.resolved, .informational),
    ] {
      let notification = SampleNotification.make(
        event, findings: [SampleNotification.finding(severity: severity, principal: "\(event)")])
      // A clock that has stepped back.
      let now = SampleNotification.instant.advanced(bySeconds: -100)
      let alert = try alert(AlertmanagerAlertsTests.format.bytes(notification, at: now))
      seen.insert("\((alert["labels"] as? [String: String] ?? [:]).sorted { $0.key < $1.key })")
      let start = try #require(alert["startsAt"] as? String)
      #expect(start <= (try #require(alert["endsAt"] as? String)))
    }
    #expect(seen.count == 1)
  }

  @Test("a resolution has ended by a clock that is minutes behind ours, however new the alert")
  func skew() throws {
    for age in [0.0, 60, 86_400] {
      let now = SampleNotification.instant.advanced(bySeconds: age)
      let alert = try alert(
        AlertmanagerAlertsTests.format.bytes(SampleNotification.make(.resolved), at: now))
      let (start, end) = (alert["startsAt"] as? String ?? "~", alert["endsAt"] as? String ?? "~")
      #expect(end == now.advanced(bySeconds: -300).rfc3339)
      #expect(start == min(SampleNotification.instant, now.advanced(bySeconds: -300)).rfc3339)
    }
  }

  @Test("hostile text is cut and shown", arguments: HostileText.texts)
  func hostile(text: String) throws {
    let bytes = AlertmanagerAlertsTests.format.bytes(
      SampleNotification.hostile(text, .raised), at: SampleNotification.instant)
    let alert = try alert(bytes)
    let labels = try #require(alert["labels"] as? [String: String])
    #expect(labels.values.allSatisfy { $0.utf8.count <= 256 && HostileText.isShown($0) })
    let annotations = try #require(alert["annotations"] as? [String: String])
    #expect(annotations.values.allSatisfy { $0.utf8.count <= 4096 && HostileText.isShown($0) })
  }

  private func alert(_ bytes: [UInt8]) throws -> [String: Any] {
    let list = try #require(
      try JSONSerialization.jsonObject(with: Data(bytes)) as? [[String: Any]])
    return try #require(list.first)
  }

  @Test(
    "a label's name is a letter or underscore, then letters, digits and underscores",
    arguments: [
      ("team", true), ("_x9", true), ("9x", false), ("a-b", false), ("", false), ("é", false),
    ]
  )
  func names(text: String, isName: Bool) {
    #expect(AlertmanagerAlerts.isLabelName(text) == isName)
  }
}

@Suite struct PagerDutyEventTests {
  @Test("an event names its action, the group as its key, and what happened")
  func golden() {
    let bytes = PagerDutyEvent.bytes(
      SampleNotification.make(), routingKey: "R0", source: "host.example")
    let summary = "Vigil high: off_hours: ana triggered report at 03:12, 1 in 1,300"
    let expected =
      #"{"routing_key":"R0","event_action":"trigger","dedup_key":"e1","client":"Vigil","payload":{"#
      + #""summary":"\#(summary)","source":"host.example","severity":"error","#
      + #""timestamp":"2025-11-24T08:34:12.500000Z","component":"report","class":"off_hours","#
      + #""custom_details":{"event":"raised","severity":"high","rule":"off_hours","job":"report","#
      + #""principal":"ana","raised_at":"2025-11-24T08:34:12.500000Z","findings":"1","group":"e1","#
      + #""key":"00112233445566778899aabbccddeeff","explanations":["2025-11-24T08:34:12.500000Z "#
      + #"off_hours: ana triggered report at 03:12, 1 in 1,300"]}}}"#
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test(
    "events become PagerDuty's actions, severities its four",
    arguments: [
      (AlertNotification.Event.raised, Finding.Severity.critical, "trigger", "critical"),
      (.raised, .medium, "trigger", "warning"), (.raised, .informational, "trigger", "info"),
      (.acknowledged, .high, "acknowledge", "error"), (.resolved, .low, "resolve", "warning"),
      (.test, .critical, "trigger", "info"),
    ])
  func actions(
    event: AlertNotification.Event, severity: Finding.Severity, action: String, word: String
  ) throws {
    let notification = SampleNotification.make(
      event, findings: [SampleNotification.finding(severity: severity)])
    let object = try SampleNotification.object(
      PagerDutyEvent.bytes(notification, routingKey: "R0", source: "h"))
    #expect(object["event_action"] as? String == action)
    #expect((object["payload"] as? [String: Any])?["severity"] as? String == word)
    #expect(object["dedup_key"] as? String == "e1")
  }

  @Test("summary, key and the whole are within PagerDuty's limits", arguments: HostileText.texts)
  func hostile(text: String) throws {
    var notification = SampleNotification.hostile(text, .raised)
    notification.findings = Array(repeating: notification.findings[0], count: 50)
    let bytes = PagerDutyEvent.bytes(notification, routingKey: "R0", source: text)
    #expect(bytes.count < 512_000)
    let object = try SampleNotification.object(bytes)
    let summary = try #require((object["payload"] as? [String: Any])?["summary"] as? String)
    #expect(summary.unicodeScalars.count <= 1024 && HostileText.isShown(summary))
    let key = try #require(object["dedup_key"] as? String)
    #expect(key.unicodeScalars.count <= 255)
  }
}
