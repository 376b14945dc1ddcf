import Detect
import Ingest
import TestSupport
import Testing

/// Baselines that are saved, gone on from, missing, damaged and foreign.
@Suite struct JournalDetectionTests {
  @Test(
    "saved, read and gone on from at any entry gives the findings and the file of a run from the start",
    arguments: LongForm.isWanted ? [3, 8, 9] : [3] as [UInt64])
  func everySplit(seed: UInt64) throws {
    let records = SmallJournal(seed: seed, triggerCount: 18).records
    var rebuilds = 0
    for count in 0...records.count {
      let disk = try SmallJournal.disk(records.prefix(count))
      let first = try SmallJournal.detection(disk)
      let before = try first.whole()
      #expect(first.save(before) == nil)
      try SmallJournal.append(records.dropFirst(count), to: disk)
      let (straight, file) = try SmallJournal.straight(disk)
      #expect(!straight.isEmpty)
      let second = try SmallJournal.detection(disk)
      let after = try second.news()
      #expect(second.save(after) == nil)
      if after.rebuilt != nil { rebuilds += 1 }
      let said = Set(before.findings.map(\.findingID))
      let expected = straight.filter { !said.contains($0.findingID) }
      let isSame = SmallJournal.bytes(after.findings) == SmallJournal.bytes(expected)
      #expect(isSame, "seed \(seed), split at \(count): other findings")
      let isSameFile = SmallJournal.file(disk) == file
      #expect(isSameFile, "seed \(seed), split at \(count): another file")
    }
    // Late entries are in the stream, and most splits are gone on from.
    #expect(rebuilds > 0 && rebuilds < records.count / 2, "\(rebuilds) of \(records.count)")
  }

  @Test("one entry at a time comes to the same file, and every finding has been said")
  func oneByOne() throws {
    let records = SmallJournal(seed: 5, triggerCount: 16).records
    let disk = try SmallJournal.disk([])
    var said: [String] = []
    for record in records {
      try SmallJournal.append([record], to: disk)
      let step = try SmallJournal.detection(disk)
      let outcome = try step.news()
      #expect(step.save(outcome) == nil)
      said += outcome.findings.map(\.findingID)
    }
    let (straight, file) = try SmallJournal.straight(disk)
    let isSame = SmallJournal.file(disk) == file
    #expect(isSame)
    #expect(Set(straight.map(\.findingID)).isSubset(of: said))
  }

  @Test(
    "read through columns or by its entries, the findings are the same",
    arguments: 1...4 as ClosedRange<UInt64>)
  func columns(seed: UInt64) throws {
    let disk = try SmallJournal.disk(SmallJournal(seed: seed, triggerCount: 60).records)
    let entries = try SmallJournal.detection(disk, columns: .unused).whole().findings
    let columns = try SmallJournal.detection(disk, columns: .analysis).whole().findings
    #expect(!entries.isEmpty)
    #expect(SmallJournal.bytes(columns) == SmallJournal.bytes(entries), "seed \(seed)")
  }

  @Test("without the file the same bytes are made again, and the reason is given")
  func missing() throws {
    let disk = try SmallJournal.disk(SmallJournal(seed: 2).records)
    let run = try SmallJournal.detection(disk)
    let first = try run.whole()
    #expect(run.save(first) == nil)
    let path = try #require(SmallJournal.path(disk))
    let file = disk.bytes(path)
    disk.delete(path)
    let again = try run.news()
    #expect(again.rebuilt == "there is none for this configuration")
    #expect(again.findings == first.findings)
    #expect(run.save(again) == nil)
    let isSame = disk.bytes(path) == file
    #expect(isSame)
    #expect(try run.news().findings.isEmpty)
  }

  @Test("a flipped bit anywhere is refused, and the answer is that of the journal")
  func flippedBit() throws {
    let disk = try SmallJournal.disk(SmallJournal(seed: 2, triggerCount: 8).records)
    let run = try SmallJournal.detection(disk)
    let whole = try run.whole()
    #expect(run.save(whole) == nil)
    let path = try #require(SmallJournal.path(disk))
    let file = try #require(disk.bytes(path))
    for byte in stride(from: 0, to: file.count, by: max(1, file.count / 40)) {
      disk.put(path, file)
      disk.flipBit(path, byte: byte, bit: byte % 8)
      let outcome = try run.news()
      #expect(outcome.rebuilt == "its bytes are not as they were written", "byte \(byte)")
      #expect(outcome.findings == whole.findings)
    }
    for count in [0, 1, 31, 32, 33, file.count - 1] {
      disk.put(path, Array(file.prefix(count)))
      #expect(try run.news().rebuilt == "its bytes are not as they were written", "\(count) bytes")
    }
  }

  @Test("a baseline of another journal, program, or rewritten entry is refused by name")
  func foreign() throws {
    let records = SmallJournal(seed: 4).records
    let disk = try SmallJournal.disk(records)
    let run = try SmallJournal.detection(disk)
    #expect(run.save(try run.whole()) == nil)
    let path = try #require(SmallJournal.path(disk))
    let file = try #require(disk.bytes(path))

    let newer = try SmallJournal.detection(disk, program: "next").news()
    #expect(newer.rebuilt == "program test: expected next")

    // The same secret and origin, and one entry of another history.
    let count = try JournalReader(disk).entryCount
    let other = try SmallJournal.disk([Build.run("z", .queued)] + records.dropFirst())
    other.put(path, file)
    let reason = try #require(try SmallJournal.detection(other).news().rebuilt)
    #expect(reason.hasPrefix("the journal's checkpoint of \(count) has root "), "\(reason)")
    other.delete(JournalLayout.checkpoints)
    let segment = try #require(other.paths.last { $0.hasSuffix(".leaf") })
    other.flipBit(segment, byte: (other.bytes(segment) ?? []).count - 1, bit: 0)
    let leaf = try #require(try SmallJournal.detection(other).news().rebuilt)
    #expect(leaf.hasPrefix("entry \(count - 1) has leaf "), "\(leaf)")

    let shorter = try SmallJournal.disk(records.dropLast(3))
    shorter.put(path, file)
    let short = try #require(try SmallJournal.detection(shorter).news().rebuilt)
    #expect(short.hasPrefix("it has learnt from \(count) entries"), "\(short)")
  }

  @Test("a changed zone or setting makes the baseline anew")
  func settings() throws {
    let disk = try SmallJournal.disk(SmallJournal(seed: 4).records)
    let run = try SmallJournal.detection(disk)
    #expect(run.save(try run.whole()) == nil)
    #expect(try run.news().rebuilt == nil)
    let zones = RecordedZones(FixedZones()) { "newer data of \($0)" }
    let moved = try SmallJournal.detection(disk, zones: zones).news()
    #expect(moved.rebuilt == "the data of a time zone has changed")
    let stricter = try SmallJournal.detection(disk) { $0.kappa = 0.7 }.news()
    #expect(stricter.rebuilt == "there is none for this configuration")
  }

  @Test(
    "without the secret, or where nothing can be written, the answer is the same and it is said")
  func readOnly() throws {
    let disk = try SmallJournal.disk(SmallJournal(seed: 4).records)
    let run = try SmallJournal.detection(disk)
    let whole = try run.whole()
    let failing = disk.copy()
    let hindered = try SmallJournal.detection(failing)
    let outcome = try hindered.whole()
    failing.faultIndex = failing.operationCount + 1
    failing.fault = .powerLoss
    #expect(hindered.save(outcome) != nil)
    #expect(outcome.findings == whole.findings)
    disk.delete(JournalLayout.secret)
    #expect(run.save(whole) == "the journal's secret cannot be read")
    #expect(try run.news().rebuilt == "the journal's secret cannot be read")
  }

  @Test("no more than sixteen baselines are kept, and those that learnt most")
  func manyConfigurations() throws {
    let disk = try SmallJournal.disk(SmallJournal(seed: 4, triggerCount: 4).records)
    for setting in 0..<20 {
      let run = try SmallJournal.detection(disk) { $0.kappa = 1 + Double(setting) }
      #expect(run.save(try run.whole()) == nil)
    }
    #expect(disk.paths.filter { $0.hasSuffix(".baseline") }.count == BaselineStore.fileCountMax)
  }
}
