import Correlate
import Detect
import Ingest
import Testing

@Suite struct DetectionPipelineTests {
  private static func busy(_ seed: UInt64) -> History {
    var history = History()
    history.addOffice(count: 15, days: 0..<45, seed: seed)
    history.trigger("report-1", by: "worker-2", at: History.at(day: 43, hour: 3), seconds: nil)
    for index in 0..<40 {
      history.trigger(
        "report-2", by: "worker-5", at: History.at(day: 44, hour: 2 + Double(index) / 100),
        seconds: 3, state: .failed)
    }
    return history
  }

  private static func bytes(_ findings: [Finding]) -> [UInt8] {
    var writer = JSONWriter()
    var bytes: [UInt8] = []
    for finding in findings {
      writer.removeAll()
      finding.encode(to: &writer)
      bytes += writer.bytes + [0x0A]
    }
    return bytes
  }

  @Test(
    "live equals replay, byte for byte, however often the clock is asked",
    arguments: 1...3 as ClosedRange<UInt64>)
  func liveEqualsReplay(seed: UInt64) {
    let history = DetectionPipelineTests.busy(seed)
    let end = History.at(day: 46, hour: 0)
    let replay = history.findings(end: end)
    var random = SplitMix(seed: seed)
    var live = DetectionPipeline(
      configuration: DetectionConfiguration(), zones: FixedZones(), identify: History.identify)
    var findings: [Finding] = []
    var last = History.monday
    for event in history.inOrder {
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        last = last.advanced(bySeconds: event.at.seconds(since: last) * random.uniform() * 0.99)
        findings += live.advance(to: last)
      }
      findings += live.observe(event)
      last = event.at
    }
    findings += live.advance(to: end)
    #expect(!replay.isEmpty)
    #expect(DetectionPipelineTests.bytes(findings) == DetectionPipelineTests.bytes(replay))
  }

  @Test("a copy goes on as the original does: the state is a value")
  func copies() {
    let events = DetectionPipelineTests.busy(9).inOrder
    var first = DetectionPipeline(
      configuration: DetectionConfiguration(), zones: FixedZones(), identify: History.identify)
    for event in events.prefix(events.count / 2) { _ = first.observe(event) }
    var second = first
    var left: [Finding] = []
    var right: [Finding] = []
    for event in events.suffix(from: events.count / 2) { left += first.observe(event) }
    for event in events.suffix(from: events.count / 2) { right += second.observe(event) }
    #expect(left == right && !left.isEmpty)
  }

  @Test("ids are unique, findings come in time order, and only enabled rules speak")
  func order() {
    let history = DetectionPipelineTests.busy(4)
    let findings = history.findings(end: History.at(day: 46, hour: 0))
    #expect(Set(findings.map(\.findingID)).count == findings.count)
    for (early, late) in zip(findings, findings.dropFirst()) {
      #expect(early.timestamp <= late.timestamp)
    }
    #expect(history.findings(History.configuration()).isEmpty)
    #expect(
      Set(history.findings(History.configuration("retry_storm")).map(\.rule)) == ["retry_storm"])
  }

  @Test("every finding states history, severity by its p, and a sentence")
  func complete() {
    let findings = DetectionPipelineTests.busy(5).findings(end: History.at(day: 46, hour: 0))
    for finding in findings {
      #expect(finding.pValue > 0 && finding.pValue <= 1)
      #expect(abs(finding.score - Finding.score(finding.pValue)) < 1e-12)
      #expect(!finding.explanation.isEmpty && !finding.observed.isEmpty)
      #expect(finding.episodeID != nil)
    }
  }
}
