internal import Ingest

/// One line of a run, sorted by what it is: the schema names whose it is, `run_id` which run it means.
enum RunEventLine: Equatable {
  /// `shim-event/…`: the scheduler's to read.
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
    guard let schema = text("schema") else {
      self = .refused(
        reason: "unknown_shape", detail: "expected shim-event/1 or luigi-event/1 under schema")
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
    switch schema {
    case "shim-event/1": self = .shim
    case "luigi-event/1": self = .luigi
    default:
      self = .refused(
        reason: "unknown_version",
        detail: "found \(APIText.legible(schema)): expected shim-event/1 or luigi-event/1")
    }
  }
}
