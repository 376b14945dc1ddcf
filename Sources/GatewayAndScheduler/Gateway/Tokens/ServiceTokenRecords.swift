package import Ingest

/// The journal's records of what was done with tokens.
///
/// Their ids are made of credential and event, so that telling the journal again adds nothing. Their
/// times are the token file's, so that the overlap of a rotation ends at the same instant for both.
package enum ServiceTokenRecords {
  package static let source = "vigil/gateway"

  /// The records that must be in the journal before a line may be: a credential that the journal does
  /// not know is never good.
  package static func before(_ line: ServiceTokenLine) -> [Record] {
    switch line.event {
    case .created(let grant): [created(grant, line, replaces: nil)]
    case .rotated(let grant, let old, _): [created(grant, line, replaces: old)]
    case .revoked: []
    }
  }

  /// The records that follow a line: what it took away is no longer good when they are read.
  package static func after(_ line: ServiceTokenLine) -> [Record] {
    switch line.event {
    case .created: return []
    case .rotated(let grant, let old, let goodUntil):
      var control = ControlRecord(event: .tokenRotated)
      control.principal = grant.principal
      control.subject = old
      control.reason = "replaced by \(grant.id)" + words(line.by)
      control.counts = [.init("overlap_s", Int(goodUntil.seconds(since: line.at).rounded()))]
      return [record(control, line.at, "token/\(old)/rotated")]
    case .revoked(let id, let reason):
      var control = ControlRecord(event: .tokenRevoked)
      control.subject = id
      control.reason = (reason ?? "no reason given") + words(line.by)
      return [record(control, line.at, "token/\(id)/revoked")]
    }
  }

  private static func created(
    _ grant: ServiceTokenLine.Grant, _ line: ServiceTokenLine, replaces: String?
  ) -> Record {
    var control = ControlRecord(event: .tokenCreated)
    control.principal = grant.principal
    control.subject = grant.id
    let until = grant.expiresAt.map { "until \($0.rfc3339)" } ?? "without an end"
    control.reason =
      "good for \(PolicyText.list(grant.scopes)) \(until)"
      + (replaces.map { ", replaces \($0)" } ?? "") + words(line.by)
    return record(control, line.at, "token/\(grant.id)/created")
  }

  /// Who did it; `principal` is whom the token stands for.
  private static func words(_ name: String?) -> String {
    name.map { ", by \(PolicyText.quoted($0))" } ?? ""
  }

  private static func record(_ control: ControlRecord, _ at: Timestamp, _ id: String) -> Record {
    Record(
      header: RecordHeader(timestamp: at, source: source, id: id), body: .control(control))
  }
}
