import Ingest

/// A parameter as its job declares it: what may be given for it.
package struct JobParameter: Sendable, Equatable {
  /// What values are of.
  package enum Kind: Sendable, Equatable {
    case string(StringRule)
    /// Both ends included.
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case boolean
    /// `YYYY-MM-DD`, a day of the calendar.
    case date
  }

  /// What a string may be.
  package struct StringRule: Sendable, Equatable {
    /// The values there are; empty for any.
    package var choices: [String] = []
    /// Bytes, 1 to 4,096.
    package var byteCountMax = 256
    package var characters: Characters = .text
  }

  /// Which characters a string may have. None of the classes has controls.
  package enum Characters: String, Sendable, CaseIterable {
    /// ASCII letters, digits, `.`, `_`, `-`.
    case identifier
    /// Digits.
    case digits
    /// ASCII letters, digits, `.`, `_`, `-`, `/`, and no part `..`.
    case path
    /// Anything but controls, format characters and line separators.
    case text
  }

  /// What stands in where nothing is given.
  package enum Default: Sendable, Equatable {
    case value(ParameterValue)
    /// The local date of the job's zone, so many days back.
    case today(daysBack: Int)
  }

  /// `[a-z][a-z0-9_]*`, at most 64 bytes.
  package let name: String
  package let kind: Kind
  package var isRequired = false
  package var fallback: Default?
  /// Whether a value that begins with `-` may be an argument of its own.
  package var allowsDash = false
  package var summary: String?

  package init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// A checked value.
package enum ParameterValue: Sendable, Equatable {
  case string(String)
  case integer(Int)
  case number(Double)
  case boolean(Bool)

  /// As arguments and environments show it.
  package var text: String {
    switch self {
    case .string(let text): text
    case .integer(let number): "\(number)"
    case .number(let number):
      number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    case .boolean(let flag): flag ? "true" : "false"
    }
  }
}

extension JobParameter {
  /// The value, or a sentence on what is wrong with it.
  func check(
    _ reference: JSONDocument.Reference, of document: JSONDocument
  ) -> Result<ParameterValue, ParameterProblem> {
    guard let value = read(reference, of: document) else {
      return .failure(ParameterProblem("\(name): expected \(expected)"))
    }
    return check(value)
  }

  /// The same for a value of the right type.
  func check(_ value: ParameterValue) -> Result<ParameterValue, ParameterProblem> {
    switch (kind, value) {
    case (.string(let rule), .string(let text)) where rule.allows(text): return .success(value)
    case (.integer(let range), .integer(let number)) where range.contains(number):
      return .success(value)
    case (.number(let range), .number(let number)) where range.contains(number):
      return .success(value)
    case (.number(let range), .integer(let number)) where range.contains(Double(number)):
      return .success(.number(Double(number)))
    case (.boolean, .boolean): return .success(value)
    case (.date, .string(let text)) where JobParameter.isDate(text): return .success(value)
    default: return .failure(ParameterProblem("\(name): expected \(expected)"))
    }
  }

  private func read(
    _ reference: JSONDocument.Reference, of document: JSONDocument
  ) -> ParameterValue? {
    switch document.kind(reference) {
    case .string: document.string(reference).map { .string($0) }
    case .number:
      document.integer(reference).map { .integer(Int($0)) }
        ?? document.double(reference).map { .number($0) }
    case .true, .false: document.boolean(reference).map { .boolean($0) }
    default: nil
    }
  }

  /// In the words of messages.
  package var expected: String {
    switch kind {
    case .string(let rule): rule.expected
    case .integer(let range):
      range == Int.min...Int.max
        ? "an integer" : "an integer from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range):
      range.upperBound == Double.greatestFiniteMagnitude
        ? "a number" : "a number from \(range.lowerBound) to \(range.upperBound)"
    case .boolean: "true or false"
    case .date: "a date as YYYY-MM-DD"
    }
  }

  static func isDate(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else {
      return false
    }
    func number(_ range: Range<Int>) -> Int? {
      var sum = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        sum = sum * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return sum
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else {
      return false
    }
    return CivilDate(year: year, month: month, day: day) != nil
  }
}

/// A sentence on a parameter, fit for an answer: it quotes nothing that was given.
package struct ParameterProblem: Error, Hashable, Sendable {
  package let sentence: String
  init(_ sentence: String) { self.sentence = sentence }
}

extension JobParameter.StringRule {
  func allows(_ text: String) -> Bool {
    guard text.utf8.count <= byteCountMax else { return false }
    if !choices.isEmpty { return choices.contains(text) }
    return characters.allow(text)
  }

  var expected: String {
    if !choices.isEmpty {
      return "one of \(choices.map(SchedulerWords.quoted).joined(separator: ", "))"
    }
    return "a string of at most \(byteCountMax) bytes (\(characters.words))"
  }
}

extension JobParameter.Characters {
  var words: String {
    switch self {
    case .identifier: "letters, digits, . _ -"
    case .digits: "digits"
    case .path: "letters, digits, . _ - /, no part .."
    case .text: "no control characters"
    }
  }

  func allow(_ text: String) -> Bool {
    switch self {
    case .identifier: text.utf8.allSatisfy(Self.isIdentifier)
    case .digits: text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    case .path:
      text.utf8.allSatisfy { Self.isIdentifier($0) || $0 == UInt8(ascii: "/") }
        && !text.split(separator: "/").contains("..")
    case .text:
      text.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
      }
    }
  }

  private static func isIdentifier(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
      || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}
