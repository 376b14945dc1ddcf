/// A request that triggered a job and was accepted.
struct TriggerRow: Sendable {
  /// Nil-like without `hasIdentifier`.
  var identifier: EventIdentifier
  /// Number of the principal's name.
  var principal: Int32
  /// UTC hour of the week, from Monday 00:00; 0 to 167.
  var hour: UInt8
  var traits: IdentifierTraits
}

/// A run that was asked for.
struct RunRow: Sendable {
  var request: EventIdentifier
  var run: EventIdentifier
  /// Number of the job's name.
  var job: Int32
  var traits: IdentifierTraits
}

/// A run that ended, with the natural logarithm of its seconds.
struct FinishedRow: Sendable {
  var request: EventIdentifier
  var run: EventIdentifier
  var logarithm: Double
  var job: Int32
  var traits: IdentifierTraits
}

/// What the ids of a row are.
struct IdentifierTraits: OptionSet, Sendable {
  let rawValue: UInt8
  /// There is a request id.
  static let hasRequest = IdentifierTraits(rawValue: 1)
  /// It is the number of a text, not a UUID; the same of the run's.
  static let requestIsText = IdentifierTraits(rawValue: 2)
  static let runIsText = IdentifierTraits(rawValue: 4)
}

/// What comes of the lines of one chunk. Numbers of names are the worker's own.
struct CommonRows: Sendable {
  var lineCount = 0
  var triggers: [TriggerRow] = []
  var runs: [RunRow] = []
  var finished: [FinishedRow] = []
  /// Lines that are no JSON objects, or too long.
  var malformedCount = 0
  /// The first of them.
  var malformed: [MalformedLine] = []
}

/// A line that could not be read.
package struct MalformedLine: Sendable, Hashable {
  /// Kept of an input; more are only counted.
  package static let countMax = 10

  /// Offset of the line's first byte in its input.
  package let byteOffset: Int
  /// What was wrong, in one word, and how far into the line.
  package let reason: String
  package let offsetInLine: Int
}

/// The names that a worker met.
struct CommonNames: Sendable {
  var principals: TextTable
  var jobs: TextTable
  /// Ids that are no UUIDs.
  var identifiers: TextTable
}
