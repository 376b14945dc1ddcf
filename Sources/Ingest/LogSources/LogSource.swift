/// One emitter: how its lines are recognised, and what record each becomes.
///
/// Pure: an object in, a record out. `read` sees the line after redaction, so nothing that it copies
/// can be a secret that the lists know.
protocol LogSource: SendableMetatype {
  static var format: LogFormat { get }
  /// Keys of the outermost object that hold no secret, whatever they are called.
  static var keptKeys: NameTable { get }
  /// Whether an object has this emitter's shape.
  static func recognises(_ line: LineFields) -> Bool
  static func read(_ line: LineFields) throws(LineError) -> SourceReading
}

extension LogSource {
  static var keptKeys: NameTable { NameTable([]) }
}

/// What a source made of a line it understood.
enum SourceReading {
  case record(Record)
  case ignored(String)
}

/// Why a line of a known emitter is no record.
struct LineError: Error {
  let reason: Rejection.Reason
  let detail: String
  /// The node in question; the outermost object when a key is absent.
  let node: JSONDocument.Reference

  init(_ reason: Rejection.Reason, _ detail: String, at node: JSONDocument.Reference) {
    self.reason = reason
    self.detail = detail
    self.node = node
  }
}
