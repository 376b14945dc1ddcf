package import Correlate
package import Ingest

/// What an evidence package says about itself: `manifest.json`.
///
/// An auditor tests information that the audited party produced for completeness and accuracy: by
/// the question, the period with its zone, counts, totals, hashes, and what they rest on.
package struct Manifest: Sendable, Equatable {
  package static let format = "vigil-evidence"
  package static let version = 1
  /// Bytes of the longest manifest read.
  package static let byteCountMax = 8 << 20

  /// How a table's rows can be checked by somebody who has the package alone.
  package enum Check: String, Sendable, CaseIterable {
    /// They follow from the entries in the package.
    case derived
    /// Only the signature stands for them.
    case attested
  }

  package struct Table: Sendable, Equatable {
    package let name: String
    package let rowCount: Int
    package let check: Check
    /// Sums over the rows, in the order in which they are stated.
    package let totals: [Total]

    package init(name: String, rowCount: Int, check: Check, totals: [Total]) {
      self.name = name
      self.rowCount = rowCount
      self.check = check
      self.totals = totals
    }
  }

  package struct Total: Sendable, Equatable {
    package let name: String
    package let value: Double

    package init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  package struct Privacy: Sendable, Equatable {
    package var isPseudonymised = false
    /// Keys whose values were left out, sorted.
    package var redactedFields: [String] = []

    package init() {}

    /// Keys whose values are in no row.
    package var leftOut: Set<String> {
      Set(redactedFields).union(isPseudonymised ? RecordTransform.freeText : [])
    }

    /// Whether rows are not what the entries say.
    package var isActive: Bool { isPseudonymised || !redactedFields.isEmpty }
  }

  /// Program and version.
  package var tool: String
  package var madeAt: Timestamp
  /// The login name, or the one given.
  package var madeBy: String
  /// Whether the journal has a record of this export.
  package var isRecorded: Bool
  /// The journal's name and the vkey that its checkpoints are signed under.
  package var origin: String
  package var vkey: String
  /// The vkey that this manifest is signed under.
  package var signer: String
  package var checkpoint: Checkpoint
  package var query: ExportQuery
  package var join: JoinWindow
  /// Of the settings of joining and detection.
  package var configurationDigest: String
  /// The data of each time zone that was asked for, by name: a digest.
  package var zones: [String: String]
  /// Indexes of the entries that the package rests on: to the checkpoint's size.
  package var range: Range<Int>
  /// Lowest index of an entry in the period; nil when there is none.
  package var firstInPeriod: Int?
  /// Entries of the range whose bytes are not in the package: pruned before, or withheld.
  package var prunedCount: Int
  package var withheldCount: Int
  package var privacy: Privacy
  /// In force when the period began; only the signature stands for them.
  package var suppressionsBefore: [PriorSuppression] = []
  package var tables: [Table]
  /// Every file but `manifest.json` and `manifest.note`, by path.
  package var files: [PackageFile]

  package func table(_ name: String) -> Table? { tables.first { $0.name == name } }
}

extension Manifest {
  /// The file's bytes: one JSON object, a line for each table and file, so that `diff` helps.
  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("format", Manifest.format)
    writer.field("version", Manifest.version)
    writer.field("tool", tool)
    writer.field("made_at", madeAt)
    writer.field("made_by", madeBy)
    writer.field("recorded", isRecorded)
    writer.field("origin", origin)
    writer.field("vkey", vkey)
    writer.field("signer", signer)
    writer.beginObject("checkpoint")
    writer.field("size", checkpoint.size)
    writer.field("root", checkpoint.root.hex)
    writer.endObject()
    encodeQuery(to: &writer)
    encodeSettings(to: &writer)
    encodeRange(to: &writer)
    encodeSuppressions(to: &writer)
    encodeLists(to: &writer)
    writer.endObject()
    return writer.bytes + [0x0A]
  }

  private func encodeQuery(to writer: inout JSONWriter) {
    writer.beginObject("query")
    writer.field("text", query.text)
    writer.field("since", query.since)
    writer.field("until", query.until)
    writer.field("period_by", "event time (ts), since inclusive, until exclusive")
    writer.field("zone", query.zone)
    writer.field("context_s", query.contextSeconds)
    writer.field("from_start", query.fromStart)
    writer.field("judged", query.judges)
    writer.field("standard", query.standard?.rawValue)
    writer.field("formats", query.formats.map(\.rawValue))
    // Stated, for an absence of filters is a fact too.
    writer.beginObject("filters")
    writer.field("where", query.filter)
    writer.endObject()
    writer.endObject()
  }

  private func encodeSettings(to writer: inout JSONWriter) {
    writer.beginObject("join")
    writer.field("window_s", join.seconds)
    writer.field("lateness_s", join.latenessSeconds)
    writer.field("dangling_s", join.danglingSeconds)
    writer.field("request_window_s", join.requestSeconds)
    writer.endObject()
    writer.field("configuration_sha256", configurationDigest)
    writer.beginObject("zones")
    for (name, digest) in zones.sorted(by: { $0.key < $1.key }) {
      writer.field(named: name, digest)
    }
    writer.endObject()
  }

  private func encodeRange(to writer: inout JSONWriter) {
    writer.beginObject("range")
    writer.field("first", range.lowerBound)
    writer.field("end", range.upperBound)
    writer.field("first_in_period", firstInPeriod)
    writer.field("pruned", prunedCount)
    writer.field("withheld", withheldCount)
    writer.endObject()
    writer.beginObject("privacy")
    writer.field("pseudonymised", privacy.isPseudonymised)
    writer.field("redacted", privacy.redactedFields)
    writer.endObject()
  }

  private func encodeLists(to writer: inout JSONWriter) {
    writer.beginArray("tables")
    for table in tables {
      writer.beginObject()
      writer.field("name", table.name)
      writer.field("rows", table.rowCount)
      writer.field("check", table.check.rawValue)
      writer.beginObject("totals")
      for total in table.totals { writer.field(named: total.name, total.value) }
      writer.endObject()
      writer.endObject()
    }
    writer.endArray()
    writer.beginArray("files")
    for file in files {
      writer.beginObject()
      writer.field("path", file.path)
      writer.field("bytes", file.byteCount)
      writer.field("sha256", file.digest.hex)
      writer.endObject()
    }
    writer.endArray()
  }
}
