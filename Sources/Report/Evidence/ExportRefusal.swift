/// Why an evidence package is not to be believed.
package struct ExportRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file in question, relative to the package.
  package let file: String
  /// Where in it: a line, a row, an index; nil for the whole.
  package let place: String?
  package let found: String
  package let expected: String

  package init(_ file: String, _ place: String? = nil, found: String, expected: String) {
    self.file = file
    self.place = place
    self.found = found
    self.expected = expected
  }

  package var description: String {
    "\(file)\(place.map { ": \($0)" } ?? ""): found \(found), expected \(expected)"
  }
}

/// Why no evidence package can be made.
package enum ExportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The directory holds something already.
  case notEmpty(found: String)
  /// No checkpoint of the journal covers an entry, or none has the size asked for.
  case noCheckpoint(size: Int?)
  /// No entry up to the checkpoint has an event time in the period or its context.
  case nothingInPeriod
  /// The journal's leaf hashes or entries do not give the checkpoint's root.
  case otherRoot(found: String, expected: String)
  /// More than may be told apart in one export.
  case tooMany(what: String, countMax: Int)

  package var description: String {
    switch self {
    case .notEmpty(let found):
      "evidence package: found \(found) in the directory, expected an empty one or none"
    case .noCheckpoint(let size):
      "evidence package: found no signed checkpoint\(size.map { " of \($0) entries" } ?? ""), "
        + "expected one that covers an entry"
    case .nothingInPeriod:
      "evidence package: found no entry in the period that the checkpoint covers, expected one"
    case .otherRoot(let found, let expected):
      "evidence package: the journal's entries: found root \(found), expected \(expected) as the "
        + "checkpoint says"
    case .tooMany(let what, let countMax):
      "evidence package: \(what): found more than \(countMax), expected at most so many"
    }
  }
}
