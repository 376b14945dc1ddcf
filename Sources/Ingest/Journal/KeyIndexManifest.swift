/// `index/keys.json`: which runs make up the key index and how far they go.
///
///     {"format":1,"secret_id":"…","complete_to":9000,"last_leaf":"…","next":4,
///      "runs":[{"number":3,"count":9000}]}
///
/// A hash of the secret and the leaf hash of the last entry covered tie the index to the journal
/// that it was derived from.
struct KeyIndexManifest: Equatable, Sendable {
  static let path = JournalLayout.index + "/keys.json"
  private static let byteCountMax = 64 << 10
  private static let format: Int64 = 1

  /// `JournalSecret.identifier` of the secret under which keys and contents were hashed.
  let secretIdentifier: String
  /// Entries covered: 0 ..< completeTo.
  var completeTo = 0
  /// Leaf hash of entry completeTo - 1; zero when none is covered.
  var lastLeaf = Digest.zero
  /// Number of the next run to be written.
  var nextNumber = 1
  /// The oldest, and largest, first.
  var runs: [KeyRun.Shape] = []

  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("format", Int(KeyIndexManifest.format))
    writer.field("secret_id", secretIdentifier)
    writer.field("complete_to", completeTo)
    writer.field("last_leaf", lastLeaf.hex)
    writer.field("next", nextNumber)
    writer.beginArray("runs")
    for run in runs {
      writer.beginObject()
      writer.field("number", run.number)
      writer.field("count", run.count)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes + [0x0A]
  }

  /// Covers nothing yet.
  init(secretIdentifier: String) { self.secretIdentifier = secretIdentifier }

  /// Nil for anything but a manifest of this format: the index is then built anew.
  init?(_ bytes: [UInt8]) {
    var document = JSONDocument()
    do { try document.parse(bytes.span) } catch { return nil }
    let root = document.root
    func number(_ object: JSONDocument.Reference, _ name: StaticString) -> Int? {
      document.member(object, name).flatMap { document.integer($0) }.flatMap { Int(exactly: $0) }
    }
    guard number(root, "format") == Int(KeyIndexManifest.format),
      let secret = document.member(root, "secret_id").flatMap({ document.string($0) }),
      let completeTo = number(root, "complete_to"), completeTo >= 0,
      let next = number(root, "next"), next > 0,
      let leaf = document.member(root, "last_leaf").flatMap({ document.string($0) }),
      let lastLeaf = Digest(hex: leaf), let list = document.member(root, "runs")
    else { return nil }
    var runs: [KeyRun.Shape] = []
    document.forEachElement(list) { element in
      guard let numberOfRun = number(element, "number"), numberOfRun > 0, numberOfRun < next,
        let count = number(element, "count"), count > 0
      else { return }
      runs.append(KeyRun.Shape(number: numberOfRun, count: count))
    }
    secretIdentifier = secret
    self.completeTo = completeTo
    self.lastLeaf = lastLeaf
    self.nextNumber = next
    self.runs = runs
  }

  static func read(_ storage: any JournalStorage) throws(StorageError) -> KeyIndexManifest? {
    try storage.contents(path, byteCountMax: byteCountMax).flatMap { KeyIndexManifest($0) }
  }
}
