/// Goes over the fields of a record in one fixed order: one list of fields serves the writing of
/// columns and the reading of them, so that the two cannot disagree.
protocol FieldVisitor {
  mutating func text(_ value: inout String?, _ use: FieldUse)
  mutating func texts(_ value: inout [String])
  mutating func bytes(_ value: inout [UInt8]?)
  /// Within a range that leaves out `Int.min`.
  mutating func integer(_ value: inout Int?, _ range: ClosedRange<Int>)
  /// Finite and not negative.
  mutating func seconds(_ value: inout Double?)
  mutating func flag(_ value: inout Bool)
  /// A word of a closed list, by its place in `table`.
  mutating func word<Word: Equatable>(_ value: inout Word?, _ table: [Word])
}

/// Who reads a field.
enum FieldUse: Sendable {
  /// Correlation and detection.
  case analysis
  /// Only those who show whole records.
  case detail
}

extension FieldVisitor {
  mutating func text(_ value: inout String?) { text(&value, .analysis) }

  /// A word that every record has: what was there stays where none is stored.
  mutating func word<Word: Equatable>(required value: inout Word, _ table: [Word]) {
    var optional: Word? = value
    word(&optional, table)
    value = optional ?? value
  }

  mutating func failure(_ value: inout RunRecord.Failure?) {
    var isThere = value != nil
    var failure = value ?? RunRecord.Failure()
    flag(&isThere)
    text(&failure.type)
    text(&failure.message)
    value = isThere ? failure : nil
  }
}

// The columns of each kind, in their order in a block. A change of any list is a new
// `ColumnFile.version`.

extension RecordHeader {
  /// Beside time, source and id, which a block keeps apart because entries are put in order by them.
  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
    visitor.flag(&isImported)
    visitor.integer(&oversizeByteCount, FieldRange.natural)
    visitor.text(&oversizeSHA256, .detail)
    visitor.text(&originalHMAC, .detail)
  }

  static let fieldCount = 4
}

extension RequestRecord {
  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
    visitor.text(&requestID)
    visitor.text(&traceID)
    visitor.text(&principal)
    visitor.word(&principalType, FieldWords.principalTypes)
    visitor.text(&issuer, .detail)
    visitor.texts(&groups)
    visitor.text(&zone)
    visitor.text(&remoteIP)
    visitor.integer(&remotePort, 0...65_535)
    visitor.text(&userAgent, .detail)
    visitor.text(&method, .detail)
    visitor.text(&host, .detail)
    visitor.text(&path)
    visitor.texts(&queryKeys)
    visitor.integer(&status, 0...999)
    visitor.seconds(&durationSeconds)
    visitor.integer(&bytesIn, FieldRange.natural)
    visitor.integer(&bytesOut, FieldRange.natural)
    visitor.text(&job)
    visitor.text(&runID)
    visitor.text(&tlsVersion, .detail)
    visitor.text(&tlsCipher, .detail)
  }

  static let fieldCount = 22
}

extension DecisionRecord {
  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
    visitor.text(&requestID)
    visitor.text(&principal)
    visitor.word(&principalType, FieldWords.principalTypes)
    visitor.text(&issuer)
    visitor.texts(&groups)
    visitor.text(&action)
    visitor.text(&job)
    visitor.word(required: &effect, FieldWords.effects)
    visitor.text(&rule)
    visitor.text(&reason)
    visitor.text(&policySHA256)
    visitor.word(&credential, FieldWords.credentials)
    visitor.text(&credentialID)
  }

  static let fieldCount = 13
}

extension RunRecord {
  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
    visitor.text(&runID)
    visitor.text(&requestID)
    visitor.text(&traceID)
    visitor.text(&job)
    visitor.word(required: &event, FieldWords.runEvents)
    visitor.word(required: &vantage, FieldWords.vantages)
    visitor.word(&trigger, FieldWords.triggers)
    visitor.text(&principal)
    visitor.texts(&groups)
    visitor.text(&owner)
    visitor.integer(&attempt, 1...1_000_000_000)
    visitor.text(&host, .detail)
    visitor.integer(&pid, FieldRange.natural)
    visitor.bytes(&parameters)
    visitor.seconds(&durationSeconds)
    visitor.seconds(&cpuSeconds)
    visitor.integer(&maxRSSBytes, FieldRange.natural)
    visitor.integer(&readBytes, FieldRange.natural)
    visitor.integer(&writeBytes, FieldRange.natural)
    visitor.integer(&exitCode, -1_000_000...1_000_000)
    visitor.integer(&signal, 0...1024)
    visitor.failure(&error)
  }

  static let fieldCount = 24
}

extension TaskRecord {
  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
    visitor.text(&runID)
    visitor.text(&taskID)
    visitor.text(&task)
    visitor.word(required: &event, FieldWords.taskEvents)
    visitor.integer(&attempt, 1...1_000_000_000)
    visitor.texts(&dependsOn)
    visitor.bytes(&parameters)
    visitor.text(&owner)
    visitor.seconds(&durationSeconds)
    visitor.failure(&error)
  }

  static let fieldCount = 12
}

/// Ranges of fields that have no narrower one.
enum FieldRange {
  static let natural = 0...Int.max
}

/// The words of each closed list, in the order in which columns number them.
enum FieldWords {
  static let kinds = RecordKind.allCases
  static let principalTypes = PrincipalType.allCases
  static let effects = DecisionRecord.Effect.allCases
  static let credentials = DecisionRecord.Credential.allCases
  static let runEvents = RunRecord.Event.allCases
  static let vantages = RunRecord.Vantage.allCases
  static let triggers = RunRecord.Trigger.allCases
  static let taskEvents = TaskRecord.Event.allCases
}
