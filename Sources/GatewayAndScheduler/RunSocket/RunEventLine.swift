internal import Ingest

/// One line of a run, sorted by what it is: `shim` or `schema` tells whose it is, `run_id` which run it
/// means.
enum RunEventLine: Equatable {
  /// `{"shim":1,…}`: the scheduler's to read.
  case shim
  /// `luigi-event/…`: read as the lines of a log are.
  case luigi
  /// No event of either kind.
  case refused(reason: String, detail: String)
  /// An event of another run.
  case foreign(runID: String)

  init(_ bytes: Span<UInt8>, of runID: String, _ document: inout JSONDocument) {
    do {
      try document.parse(bytes)
    } catch {
      self = .refused(reason: error.reason.rawValue, detail: "at byte \(error.byteOffset)")
      return
    }
    let root = document.root
    func text(_ name: StaticString) -> String? {
      document.member(root, name).flatMap {
        document.kind($0) == .string ? document.string($0) : nil
      }
    }
    let shim = document.member(root, "shim")
    let schema = text("schema")
    guard (shim == nil) != (schema == nil) else {
      self = .refused(
        reason: "unknown_shape", detail: "expected either shim 1 or schema luigi-event/1")
      return
    }
    guard let named = text("run_id") else {
      self = .refused(reason: "missing_field", detail: "expected the run's id under run_id")
      return
    }
    guard named == runID else {
      self = .foreign(runID: named)
      return
    }
    switch (shim.map { document.integer($0) }, schema) {
    case (1, nil): self = .shim
    case (nil, "luigi-event/1"): self = .luigi
    default:
      let found = schema.map { "schema \(APIText.legible($0))" } ?? "another shim"
      self = .refused(
        reason: "unknown_version", detail: "found \(found): expected shim 1 or luigi-event/1")
    }
  }
}
