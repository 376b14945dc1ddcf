import Correlate
import Ingest

extension Manifest {
  /// Reads a manifest; its numbers are believed only once it is found signed.
  ///
  /// Throws a refusal that names the key which is absent or of another form.
  package init(_ bytes: [UInt8]) throws(ExportRefusal) {
    var document = JSONDocument()
    do { try document.parse(bytes.span) } catch {
      throw ExportRefusal(
        PackageLayout.manifest, "byte \(error.byteOffset)", found: error.reason.rawValue,
        expected: "a JSON object")
    }
    let fields = ManifestFields(document, document.root)
    guard try fields.text("format") == Manifest.format,
      try fields.whole("version") == Manifest.version
    else { throw fields.refusal("format", "\(Manifest.format), version \(Manifest.version)") }
    tool = try fields.text("tool")
    madeAt = try fields.instant("made_at")
    madeBy = try fields.text("made_by")
    isRecorded = try fields.flag("recorded")
    origin = try fields.text("origin")
    vkey = try fields.text("vkey")
    signer = try fields.text("signer")
    let head = try fields.object("checkpoint")
    guard Checkpoint.isValidOrigin(origin) else { throw fields.refusal("origin", "an origin") }
    checkpoint = Checkpoint(
      origin: origin, size: try head.whole("size"), root: try head.digest("root"))
    query = try ExportQuery(try fields.object("query"))
    join = try JoinWindow(try fields.object("join"))
    configurationDigest = try fields.text("configuration_sha256")
    zones = try fields.texts("zones")
    let range = try fields.object("range")
    let (first, end) = (try range.whole("first"), try range.whole("end"))
    guard first < end else { throw range.refusal("end", "a number above first") }
    self.range = first..<end
    firstInPeriod = try range.optionalWhole("first_in_period")
    prunedCount = try range.whole("pruned")
    withheldCount = try range.whole("withheld")
    let privacy = try fields.object("privacy")
    self.privacy = Privacy()
    self.privacy.isPseudonymised = try privacy.flag("pseudonymised")
    self.privacy.redactedFields = privacy.list("redacted")
    suppressionsBefore = try fields.optionalObjects("suppressions_before").map {
      (item) throws(ExportRefusal) in try PriorSuppression(item)
    }
    tables = try fields.objects("tables").map { (item) throws(ExportRefusal) in try Table(item) }
    files = try fields.objects("files").map { (item) throws(ExportRefusal) in
      PackageFile(
        path: try item.text("path"), byteCount: try item.whole("bytes"),
        digest: try item.digest("sha256"))
    }
  }
}

extension Manifest.Table {
  fileprivate init(_ fields: ManifestFields) throws(ExportRefusal) {
    guard let check = Manifest.Check(rawValue: try fields.text("check")) else {
      throw fields.refusal("check", "derived or attested")
    }
    self.init(
      name: try fields.text("name"), rowCount: try fields.whole("rows"), check: check,
      totals: try fields.numbers("totals").map { Manifest.Total($0.0, $0.1) })
  }
}

extension ExportQuery {
  fileprivate init(_ fields: ManifestFields) throws(ExportRefusal) {
    self.init(text: try fields.text("text"))
    since = try fields.optionalInstant("since")
    until = try fields.optionalInstant("until")
    zone = try fields.text("zone")
    contextSeconds = try fields.whole("context_s")
    fromStart = try fields.flag("from_start")
    judges = try fields.flag("judged")
    if let word = fields.optionalText("standard") {
      guard let known = ComplianceStandard(rawValue: word) else {
        throw fields.refusal("standard", "a standard")
      }
      standard = known
    }
    filter = try fields.object("filters").optionalText("where")
    let words = fields.list("formats")
    formats = words.compactMap { Format(rawValue: $0) }
    guard formats.count == words.count else { throw fields.refusal("formats", "known formats") }
  }
}

extension JoinWindow {
  fileprivate init(_ fields: ManifestFields) throws(ExportRefusal) {
    self.init(
      seconds: try fields.number("window_s"), latenessSeconds: try fields.number("lateness_s"),
      danglingSeconds: try fields.number("dangling_s"))
    requestSeconds = fields.optionalNumber("request_window_s")
  }
}

/// Typed reading of one object of a manifest.
struct ManifestFields {
  private let document: JSONDocument
  private let container: JSONDocument.Reference

  init(_ document: JSONDocument, _ object: JSONDocument.Reference) {
    self.document = document
    container = object
  }

  func refusal(_ key: StaticString, _ expected: String) -> ExportRefusal {
    let value = document.member(container, key)
    let found = value.map {
      String(decoding: document.bytes[document.textRange($0)], as: UTF8.self)
    }
    return ExportRefusal(
      PackageLayout.manifest, "key \(key)",
      found: found.map { TerminalText.fitted(TerminalText.escaped($0), width: 60) } ?? "none",
      expected: expected)
  }

  private func required<Value>(
    _ key: StaticString, _ expected: String, _ value: Value?
  ) throws(ExportRefusal) -> Value {
    guard let value else { throw refusal(key, expected) }
    return value
  }

  func optionalText(_ key: StaticString) -> String? {
    document.member(container, key).flatMap { document.string($0) }
  }

  func text(_ key: StaticString) throws(ExportRefusal) -> String {
    try required(key, "a text", optionalText(key))
  }

  func flag(_ key: StaticString) throws(ExportRefusal) -> Bool {
    try required(
      key, "true or false", document.member(container, key).flatMap { document.boolean($0) })
  }

  /// Absent is nil; anything but a whole number from 0 on is refused.
  func optionalWhole(_ key: StaticString) throws(ExportRefusal) -> Int? {
    guard let value = document.member(container, key) else { return nil }
    let whole = document.integer(value).flatMap { Int(exactly: $0) }
    guard let whole, whole >= 0 else { throw refusal(key, "a whole number from 0 on") }
    return whole
  }

  func whole(_ key: StaticString) throws(ExportRefusal) -> Int {
    try required(key, "a whole number from 0 on", try optionalWhole(key))
  }

  func optionalNumber(_ key: StaticString) -> Double? {
    document.member(container, key).flatMap { document.double($0) }
  }

  func number(_ key: StaticString) throws(ExportRefusal) -> Double {
    let value = optionalNumber(key).flatMap { $0 >= 0 && $0.isFinite ? $0 : nil }
    return try required(key, "a number from 0 on", value)
  }

  func optionalInstant(_ key: StaticString) throws(ExportRefusal) -> Timestamp? {
    guard let text = optionalText(key) else { return nil }
    return try required(key, "an RFC 3339 time", Timestamp(rfc3339: text))
  }

  func instant(_ key: StaticString) throws(ExportRefusal) -> Timestamp {
    try required(key, "an RFC 3339 time", try optionalInstant(key))
  }

  func digest(_ key: StaticString) throws(ExportRefusal) -> Digest {
    try required(key, "64 hexadecimal digits", Digest(hex: try text(key)))
  }

  func object(_ key: StaticString) throws(ExportRefusal) -> ManifestFields {
    guard let value = document.member(container, key), document.kind(value) == .object else {
      throw refusal(key, "an object")
    }
    return ManifestFields(document, value)
  }

  func objects(_ key: StaticString) throws(ExportRefusal) -> [ManifestFields] {
    guard let list = document.member(container, key), document.kind(list) == .array else {
      throw refusal(key, "a list")
    }
    var result: [ManifestFields] = []
    document.forEachElement(list) { result.append(ManifestFields(document, $0)) }
    return result
  }

  /// None where the key is absent, as in packages of before.
  func optionalObjects(_ key: StaticString) throws(ExportRefusal) -> [ManifestFields] {
    document.member(container, key) == nil ? [] : try objects(key)
  }

  func list(_ key: StaticString) -> [String] {
    document.member(container, key).flatMap { document.strings($0) } ?? []
  }

  func texts(_ key: StaticString) throws(ExportRefusal) -> [String: String] {
    let inner = try object(key)
    var result: [String: String] = [:]
    document.forEachMember(inner.container) { name, value in
      if let name = document.string(name) { result[name] = document.string(value) }
    }
    return result
  }

  func numbers(_ key: StaticString) throws(ExportRefusal) -> [(String, Double)] {
    let inner = try object(key)
    var result: [(String, Double)] = []
    document.forEachMember(inner.container) { name, value in
      if let name = document.string(name), let number = document.double(value) {
        result.append((name, number))
      }
    }
    return result
  }
}
