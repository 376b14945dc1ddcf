import Ingest
import Testing

@Suite("The order of an entry's keys")
struct EntryKeysTests {
  static let kinds: [(RecordKind, [String])] = [
    (.request, RequestKey.allCases.map { $0.name.description }),
    (.run, RunKey.allCases.map { $0.name.description } + ["error"]),
    (.task, TaskKey.allCases.map { $0.name.description } + ["error"]),
  ]

  @Test("the table that lines are made by has the keys of the records' encoder", arguments: kinds)
  func order(_ kind: RecordKind, _ names: [String]) throws {
    var found: [String] = []
    var records = RandomRecord(seed: 5)
    // Every key is there in some of them; each has them in the same order.
    for _ in 0..<200 {
      let bytes = records.next(kind).encoded()
      var document = JSONDocument()
      try document.parse(bytes.span)
      var keys: [String] = []
      document.forEachMember(document.root) { key, _ in keys.append(document.string(key) ?? "") }
      let own = keys.filter { names.contains($0) }
      #expect(own == names.filter { own.contains($0) })
      found += own.filter { !found.contains($0) }
    }
    #expect(Set(found) == Set(names))
  }
}
