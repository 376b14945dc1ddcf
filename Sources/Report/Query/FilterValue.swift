package import Ingest

/// Something whose fields a filter asks for: a record, an activity, a finding.
package protocol FilterSubject {
  associatedtype Field: FilterField

  /// The field's value; `absent` where the subject has none.
  func value(of field: Field) -> FilterValue
}

/// The names that a filter may ask for; the raw value is the documented name.
package protocol FilterField: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
  /// What `since` and `until` bound.
  static var time: Self { get }

  var type: FilterType { get }
}

/// How the values of a field are written in a filter, and how they compare.
package enum FilterType: Sendable, Hashable {
  /// Compared by their bytes.
  case text
  /// One word of a closed list.
  case word([String])
  /// Equal when one of the list is.
  case texts
  case number
  /// Seconds, also written as `1h30m` or `250ms`.
  case seconds
  /// Bytes, also written as `2MB` or `64KiB`.
  case bytes
  case instant
  case flag
  /// A JSON object, whose members are asked for by `field.name`.
  case object
}

/// A field's value as a filter sees it.
package enum FilterValue: Sendable, Equatable {
  case absent
  case text(String)
  case texts([String])
  case integer(Int)
  case number(Double)
  case instant(Timestamp)
  case flag(Bool)
  /// A JSON text.
  case json([UInt8])
}

extension FilterValue {
  package init(_ value: String?) { self = value.map { .text($0) } ?? .absent }
  package init(_ value: Int?) { self = value.map { .integer($0) } ?? .absent }
  package init(_ value: Double?) { self = value.map { .number($0) } ?? .absent }
  package init(_ value: Timestamp?) { self = value.map { .instant($0) } ?? .absent }
  package init(json value: [UInt8]?) { self = value.map { .json($0) } ?? .absent }
  package init(_ value: [String]) { self = value.isEmpty ? .absent : .texts(value) }
}
