import Correlate
import Detect
import Ingest
import TestSupport
import Testing

@Suite struct BacktestTests {
  private static func analysis(_ edit: (inout DetectionConfiguration) -> Void) -> Analysis {
    var configuration = DetectionConfiguration()
    configuration.pMax = 1
    edit(&configuration)
    return Analysis(
      window: .standard,
      pipeline: DetectionPipeline(
        configuration: configuration, zones: FixedZones(), identify: History.identify),
      identify: History.identify)
  }

  private static func run(
    from: Timestamp? = nil, to: Timestamp? = nil,
    _ edits: [(inout DetectionConfiguration) -> Void]
  ) -> Backtest {
    let sides = edits.enumerated().map {
      Backtest.Side(name: "side \($0.offset)", analysis: analysis($0.element))
    }
    var backtest = Backtest(sides, from: from, to: to)
    let records = SmallJournal(seed: 6).records.enumerated()
      .map { IndexedRecord(index: $0.offset, record: $0.element) }
      .sorted { $0.record.header.timestamp < $1.record.header.timestamp }
    for record in records {
      if let to, record.record.header.timestamp >= to { continue }
      backtest.add(record)
    }
    backtest.finish()
    return backtest
  }

  private static func encoded(_ findings: [Finding]) -> [UInt8] { SmallJournal.bytes(findings) }

  @Test("one side says what detection says, whoever stands beside it")
  func independent() {
    let alone = BacktestTests.run([{ _ in }])
    let beside = BacktestTests.run([{ _ in }, { $0.kappa = 3 }, { $0.enabledRules = ["runaway"] }])
    #expect(!alone.sides[0].findings.isEmpty && alone.sides[0].runCount > 10)
    #expect(alone.sides[0].findings == beside.sides[0].findings)
    #expect(alone.sides[0].runCount == beside.sides[2].runCount)
    #expect(Set(beside.sides[2].findings.map(\.rule)) == ["runaway"])
  }

  @Test("the difference has every finding of either side once")
  func difference() {
    let backtest = BacktestTests.run([
      { _ in },
      {
        $0.kappa = 3
        $0.pMax = 0.3
      },
    ])
    let (left, right) = (backtest.sides[0], backtest.sides[1])
    let difference = BacktestDifference(left, right)
    #expect(!difference.onlyLeft.isEmpty && !difference.both.isEmpty)
    #expect(difference.onlyLeft.count + difference.both.count == left.findings.count)
    #expect(difference.onlyRight.count + difference.both.count == right.findings.count)
    #expect(difference.both.allSatisfy { $0.left.findingID == $0.right.findingID })
    #expect(difference.both.contains { $0.left.pValue != $0.right.pValue })
    let swapped = BacktestDifference(right, left)
    #expect(swapped.onlyLeft == difference.onlyRight && swapped.onlyRight == difference.onlyLeft)
    let same = BacktestDifference(left, left)
    #expect(same.onlyLeft.isEmpty && same.onlyRight.isEmpty && same.both.allSatisfy(\.isSame))
  }

  @Test("what was learnt before the stretch counts, and what was said before it does not")
  func stretch() {
    let from = History.at(day: 6, hour: 0)
    let whole = BacktestTests.run([{ _ in }]).sides[0]
    let late = BacktestTests.run(from: from, [{ _ in }]).sides[0]
    #expect(late.findings == whole.findings.filter { $0.timestamp >= from })
    #expect(late.runCount > 0 && late.runCount < whole.runCount)
    let early = BacktestTests.run(to: from, [{ _ in }]).sides[0]
    #expect(early.findings.allSatisfy { $0.timestamp < from })
    #expect(early.runCount + late.runCount == whole.runCount)
  }

  @Test("counts are by rule and by episode, and add up")
  func counts() throws {
    let side = BacktestTests.run([{ _ in }]).sides[0]
    #expect(side.counts.reduce(0) { $0 + $1.findings } == side.total.findings)
    #expect(side.counts.reduce(0) { $0 + $1.alerts } == side.total.alerts)
    #expect(side.counts.allSatisfy { $0.alerts <= $0.findings })
    let perThousand = try #require(side.perThousandRuns(side.total.alerts))
    #expect(abs(perThousand * Double(side.runCount) / 1000 - Double(side.total.alerts)) < 1e-9)
    let empty = Backtest([.init(name: "none", analysis: BacktestTests.analysis { _ in })])
    #expect(empty.sides[0].perThousandRuns(0) == nil)
  }
}
