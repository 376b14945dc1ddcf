/// A record as an entry's bytes, and back.
extension Record {
  /// The longest entry: the limit of a C2SP tlog-tiles entry bundle, whose lengths are 16 bits.
  package static let entryByteCountMax = 65_535

  /// Appends the entry's bytes to `writer`: one JSON object, no newline.
  ///
  /// - Returns: where the 27 bytes of `received_at` begin; nil without it.
  @discardableResult
  package func encode(to writer: inout JSONWriter) -> Int? {
    writer.beginObject()
    writer.field("v", 1)
    writer.field("kind", kind.rawValue)
    writer.field("ts", header.timestamp)
    writer.field("source", header.source)
    writer.field("id", header.id)
    body.encode(to: &writer)
    if header.isImported { writer.field("imported", true) }
    writer.field("received_at", header.receivedAt)
    let end = writer.bytes.count - 1
    writer.field("oversize_bytes", header.oversizeByteCount)
    writer.field("oversize_sha256", header.oversizeSHA256)
    writer.field("original_hmac", header.originalHMAC)
    writer.field("original", json: header.original)
    writer.endObject()
    return header.receivedAt == nil ? nil : end - Timestamp.rfc3339ByteCount
  }

  /// The entry's bytes. For many records, reuse one writer instead.
  package func encoded() -> [UInt8] {
    var writer = JSONWriter()
    encode(to: &writer)
    return writer.bytes
  }

  /// Reads a record from a parsed object. `original` is taken when the document holds it.
  package init(_ document: JSONDocument) throws(RecordError) {
    guard document.kind(document.root) == .object else { throw RecordError(.notAnObject, "") }
    let reader = RecordReader(document, document.root)
    guard try reader.integer("v", in: 0...Int.max) == 1 else {
      throw RecordError(.unknownVersion, "v")
    }
    let word = try reader.requiredString("kind")
    guard let kind = RecordKind(rawValue: word) else { throw RecordError(.unknownKind, "kind") }
    header = try RecordHeader(from: reader)
    body = try RecordBody(kind, from: reader)
  }

  /// Cuts every field to its stated limit; the caller has dropped `original` and kept the line.
  package mutating func cutToLimits() {
    var source: String? = header.source
    var id: String? = header.id
    FieldLimit.identifier.cut(&source, &id, &header.originalHMAC)
    header.source = source ?? ""
    header.id = id ?? ""
    body.cutToLimits()
  }
}

extension RecordHeader {
  fileprivate init(from reader: RecordReader) throws(RecordError) {
    guard let timestamp = try reader.timestamp("ts") else { throw RecordError(.missingField, "ts") }
    self.timestamp = timestamp
    source = try reader.requiredString("source")
    id = try reader.requiredString("id")
    receivedAt = try reader.timestamp("received_at")
    isImported = try reader.boolean("imported") ?? false
    oversizeByteCount = try reader.integer("oversize_bytes", in: 0...Int.max)
    oversizeSHA256 = try reader.string("oversize_sha256")
    originalHMAC = try reader.string("original_hmac")
    original = try reader.object("original")
  }
}

extension RecordBody {
  fileprivate func encode(to writer: inout JSONWriter) {
    switch self {
    case .request(let body): body.encode(to: &writer)
    case .decision(let body): body.encode(to: &writer)
    case .run(let body): body.encode(to: &writer)
    case .task(let body): body.encode(to: &writer)
    case .approval(let body): body.encode(to: &writer)
    case .alert(let body): body.encode(to: &writer)
    case .control(let body): body.encode(to: &writer)
    }
  }

  fileprivate init(_ kind: RecordKind, from reader: RecordReader) throws(RecordError) {
    switch kind {
    case .request: self = .request(try RequestRecord(from: reader))
    case .decision: self = .decision(try DecisionRecord(from: reader))
    case .run: self = .run(try RunRecord(from: reader))
    case .task: self = .task(try TaskRecord(from: reader))
    case .approval: self = .approval(try ApprovalRecord(from: reader))
    case .alert: self = .alert(try AlertRecord(from: reader))
    case .control: self = .control(try ControlRecord(from: reader))
    }
  }

  fileprivate mutating func cutToLimits() {
    switch self {
    case .request(var body):
      body.cutToLimits()
      self = .request(body)
    case .decision(var body):
      body.cutToLimits()
      self = .decision(body)
    case .run(var body):
      body.cutToLimits()
      self = .run(body)
    case .task(var body):
      body.cutToLimits()
      self = .task(body)
    case .approval(var body):
      body.cutToLimits()
      self = .approval(body)
    case .alert(var body):
      body.cutToLimits()
      self = .alert(body)
    case .control(var body):
      body.cutToLimits()
      self = .control(body)
    }
  }
}
