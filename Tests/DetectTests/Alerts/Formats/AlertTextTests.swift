import Detect
import TestSupport
import Testing

@Suite struct AlertTextTests {
  @Test(
    "a text is cut with an ellipsis only where it does not fit, and no escape is cut in two",
    arguments: [
      ("abcde", 5, "abcde"), ("abcdef", 5, "abcd…"), ("a\nb", 6, "a…"),
      ("a\nb", 7, "a\\u{a}b"), ("", 0, ""), ("ab", 1, "…"), ("a", 0, ""),
    ])
  func cuts(text: String, count: Int, expected: String) {
    #expect(AlertText.line(text, AlertText.Limit(count, .scalars)) == expected)
  }

  @Test("bytes, scalars and UTF-16 units are counted each in its own way")
  func units() {
    #expect(AlertText.line("éé🙂x", AlertText.Limit(7, .bytes)) == "éé…")
    #expect(AlertText.line("éé🙂x", AlertText.Limit(4, .scalars)) == "éé🙂x")
    #expect(AlertText.line("éé🙂x", AlertText.Limit(4, .units)) == "éé…")
  }

  @Test("whatever comes in, what goes out is shown and within the limit", arguments: 0..<200)
  func bounded(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let texts = HostileText.texts + [HostileText.random(&random)]
    let limit = AlertText.Limit(
      Int.random(in: 0..<300, using: &random), [.bytes, .scalars, .units][seed % 3])
    for text in texts.suffix(seed == 0 ? texts.count : 1) {
      let line = AlertText.line(text, limit)
      let weights = [line.utf8.count, line.unicodeScalars.count, line.utf16.count]
      #expect(weights[seed % 3] <= limit.count, "seed \(seed)")
      #expect(HostileText.isShown(line), "seed \(seed)")
    }
  }

  @Test(
    "the headline says what happened, and how many more there are",
    arguments: [
      (AlertNotification.Event.raised, "Vigil critical: off_hours (and 1 more finding): worse"),
      (.acknowledged, "Vigil acknowledged by ben: off_hours (and 1 more finding): worse"),
      (.resolved, "Vigil resolved by ben: off_hours (and 1 more finding): worse"),
      (.test, "Vigil test: off_hours (and 1 more finding): worse"),
    ])
  func headline(event: AlertNotification.Event, expected: String) {
    var notification = SampleNotification.make(
      event,
      findings: [
        SampleNotification.finding(1),
        SampleNotification.finding(2, severity: .critical, explanation: "worse"),
      ])
    notification.principal = "ben"
    #expect(AlertText.headline(notification) == expected)
  }

  @Test("a notification without findings, which should not be, still says something")
  func empty() {
    let notification = SampleNotification.make(findings: [])
    #expect(AlertText.headline(notification).hasPrefix("Vigil informational: no finding"))
  }
}
