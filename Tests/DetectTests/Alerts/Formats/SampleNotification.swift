import Detect
import Foundation
import Ingest
import TestSupport
import Testing

/// Notifications for format tests.
enum SampleNotification {
  static let instant = Timestamp(microseconds: 1_763_973_252_500_000) ?? .earliest

  static func finding(
    _ id: Int = 1, severity: Finding.Severity = .high, principal: String? = "ana",
    job: String? = "report", explanation: String = "ana triggered report at 03:12, 1 in 1,300"
  ) -> Finding {
    Finding(
      findingID: String(repeating: "\(id % 10)", count: 32), rule: "off_hours", timestamp: instant,
      severity: severity, pValue: 0.0008, principal: principal, job: job, episodeID: "e1",
      observed: [Finding.Fact("hour", 3.2)], expected: [Finding.Fact("hours", "8 to 18")],
      history: Finding.History(events: 120, days: 40), explanation: explanation,
      evidence: [17, 18],
      score: 30.97)
  }

  static func make(
    _ event: AlertNotification.Event = .raised, findings: [Finding] = [finding()],
    group: String = "e1"
  ) -> AlertNotification {
    AlertNotification(
      key: "00112233445566778899aabbccddeeff", sink: "ops", event: event, groupID: group,
      findings: findings, raisedAt: instant)
  }

  /// The text wherever text from outside stands.
  static func hostile(_ text: String, _ event: AlertNotification.Event) -> AlertNotification {
    var notification = make(
      event, findings: [finding(principal: text, job: text, explanation: text)], group: text)
    notification.owner = text
    notification.principal = text
    notification.reason = text
    return notification
  }

  static func object(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }
}

/// Texts that somebody else may have chosen.
enum HostileText {
  static let texts: [String] = [
    "", "plain", "line\r\nBcc: all@example.org\r\n\r\nbody", "\0\u{1}\u{1B}[2J\u{7F}\u{9B}",
    "\u{202E}txt.exe\u{2066}\u{200F}", "<!channel> <@U1> <http://x|y> &amp; @here",
    "\"]\\ key=\"x\"] [other@1 a=\"b\"", "=?utf-8?B?SGk=?= =3D", ".\r\n.\r\nQUIT", "Łukasz 例え 🙂",
    "\u{2028}\u{2029}\u{85}\u{FEFF}\u{E000}", String(repeating: "x", count: 1 << 20),
    String(repeating: "é\n", count: 1 << 19), String(repeating: " ", count: 5000),
    String(repeating: "<", count: 9000), String(repeating: "]\\\"", count: 3000),
  ]

  /// As texts above, and pieces of them thrown together.
  static func random(_ random: inout SeededRandom) -> String {
    let pieces = [
      "\r", "\n", "\0", "\"", "\\", "]", "<", ">", "&", "@", "=", "?", ".", " ", "a", "é", "🙂",
      "\u{202E}",
    ]
    let count = Int.random(in: 0..<400, using: &random)
    return (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  /// Nothing that is obeyed instead of shown.
  static func isShown(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: false
      default: true
      }
    }
  }
}
