import Ingest
import TestSupport
import Testing

@Suite("Key index")
struct KeyIndexTests {
  /// A table of 16 keys, so that a few hundred records make several runs and merges.
  private func fixture(filterByteCount: Int = 1 << 20) -> JournalFixture {
    var fixture = JournalFixture()
    fixture.settings.keyTableCountMax = 16
    fixture.settings.keyFilterByteCountMax = filterByteCount
    return fixture
  }

  private func append(
    _ records: [Record], to fixture: JournalFixture, batch: Int = 10
  ) throws -> [AppendOutcome] {
    let journal = try fixture.open()
    var outcomes: [AppendOutcome] = []
    for (position, record) in records.enumerated() {
      outcomes.append(try journal.append(record, at: fixture.clock.now))
      if position % batch == batch - 1 { try journal.commit() }
    }
    try journal.close(at: fixture.clock.now)
    return outcomes
  }

  private func runCount(_ storage: SimulatedStorage) -> Int {
    storage.paths.filter { $0.hasSuffix(".run") }.count
  }

  @Test(
    "knows every key over all its runs, with the filters in memory or on disk",
    arguments: [1 << 20, 0])
  func allRuns(_ filterByteCount: Int) throws {
    let fixture = fixture(filterByteCount: filterByteCount)
    let records = (0..<500).map { Build.request("r\($0)", originalByteCount: 20) }
    #expect(try append(records, to: fixture).allSatisfy { $0 != .duplicate })
    #expect(try append(records.reversed(), to: fixture).allSatisfy { $0 == .duplicate })
    let other = (0..<500).map { Build.request("r\($0)", originalByteCount: 21) }
    let outcomes = try append(other, to: fixture)
    #expect(outcomes.allSatisfy { if case .conflict = $0 { true } else { false } })
    #expect(try append(records + other, to: fixture).allSatisfy { $0 == .duplicate })
  }

  @Test("keeps the number of runs logarithmic, and no file that the manifest does not name")
  func merging() throws {
    let fixture = fixture()
    _ = try append((0..<2000).map { Build.request("r\($0)") }, to: fixture)
    let runs = runCount(fixture.storage)
    #expect(runs >= 1 && runs <= 9)
    let bytes = try #require(fixture.storage.bytes("index/keys.json"))
    let manifest = String(decoding: bytes, as: UTF8.self)
    #expect(manifest.contains("\"complete_to\":2002"))
    #expect(manifest.pieceCount(separatedBy: "\"number\":") == runs + 1)
    #expect(runs * 2 + 1 == fixture.storage.paths.filter { $0.hasPrefix("index/") }.count)
  }

  @Test("an index damaged, cut or of another journal is built anew", arguments: [0, 1, 2, 3])
  func unusableIndex(_ way: Int) throws {
    let fixture = fixture()
    let records = (0..<100).map { Build.request("r\($0)") }
    _ = try append(records, to: fixture)
    let storage = fixture.storage
    switch way {
    case 0: storage.put("index/keys.json", Array("{\"format\":2}".utf8))
    case 1:
      let path = try #require(storage.paths.last { $0.hasSuffix(".run") })
      storage.put(path, Array(try #require(storage.bytes(path)).dropLast()))
    case 2:
      let path = try #require(storage.paths.last { $0.hasSuffix(".filter") })
      storage.delete(path)
    default:
      var other = self.fixture()
      other.secretSeed = 8
      _ = try append((0..<100).map { Build.request("other\($0)") }, to: other)
      for path in other.storage.paths where path.hasPrefix("index/") {
        storage.put(path, try #require(other.storage.bytes(path)))
      }
    }
    #expect(try append(records, to: fixture).allSatisfy { $0 == .duplicate })
  }

  @Test("of one key it knows 64 contents; more are kept, but a repetition is no longer known")
  func contentLimit() throws {
    let fixture = fixture()
    let records = (1...70).map { Build.request("same", originalByteCount: $0) }
    #expect(try append(records, to: fixture).first == .appended(index: 1))
    let again = try append(records, to: fixture)
    #expect(again.prefix(64).allSatisfy { $0 == .duplicate })
    #expect(again.dropFirst(64).allSatisfy { if case .conflict = $0 { true } else { false } })
  }

  @Test("source and id are told apart, wherever the border between them lies")
  func keyBorder() throws {
    let fixture = fixture()
    let outcomes = try append(
      [Build.request("bc", source: "a"), Build.request("c", source: "ab")], to: fixture)
    #expect(outcomes == [.appended(index: 1), .appended(index: 2)])
  }

  @Test("an imported record cannot silence the journal's own by taking its id")
  func forgedControl() throws {
    let fixture = fixture()
    let forged = Build.control("journal_closed/3", .notice, source: Journal.controlSource)
    let outcomes = try append([forged, Build.request("a")], to: fixture)
    #expect(outcomes == [.appended(index: 1), .appended(index: 2)])
    let last = try #require(try JournalReader(fixture.storage).allRecords().last)
    #expect(last.header.id == "journal_closed/3")
    #expect(try append([forged, Build.request("a")], to: fixture) == [.duplicate, .duplicate])
  }
}

extension String {
  /// Number of pieces between occurrences of `separator`.
  fileprivate func pieceCount(separatedBy separator: String) -> Int {
    var count = 1
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
