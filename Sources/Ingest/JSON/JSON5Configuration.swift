/// Why a configuration is refused: which file, where, what stands there, what was expected.
package struct ConfigurationError: Error, Hashable, Sendable {
  /// The file's name as it was given.
  package let file: String
  package let place: JSON5Place
  /// What was found and what was expected, in words.
  package let problem: String

  package init(file: String, place: JSON5Place, problem: String) {
    self.file = file
    self.place = place
    self.problem = problem
  }
}

extension ConfigurationError: CustomStringConvertible {
  package var description: String {
    "configuration \(file): line \(place.line), column \(place.column): \(problem)"
  }
}

/// How a setting's value is read: what is expected, and the value of what was found.
package struct ConfigurationKind<Value: Sendable>: Sendable {
  /// In the words of messages: `an integer from 1 to 10`.
  package let expected: String
  /// Nil when the value found does not fit.
  let read: @Sendable (JSON5Value) -> Value?

  package init(expected: String, read: @escaping @Sendable (JSON5Value) -> Value?) {
    self.expected = expected
    self.read = read
  }
}

extension ConfigurationKind where Value == String {
  /// A string that is not empty.
  package static var string: ConfigurationKind {
    ConfigurationKind(expected: "a string that is not empty") { value in
      if case .string(let text) = value.content, !text.isEmpty { text } else { nil }
    }
  }
}

extension ConfigurationKind where Value == Bool {
  package static var boolean: ConfigurationKind {
    ConfigurationKind(expected: "true or false") { value in
      if case .boolean(let flag) = value.content { flag } else { nil }
    }
  }
}

extension ConfigurationKind where Value == Int {
  /// A whole number within a range, both ends included.
  package static func integer(in range: ClosedRange<Int> = .min ... .max) -> ConfigurationKind {
    let isBounded = range != Int.min...Int.max
    let bounds = isBounded ? " from \(range.lowerBound) to \(range.upperBound)" : ""
    return ConfigurationKind(expected: "an integer\(bounds)") { value in
      guard case .integer(let number) = value.content else { return nil }
      return range.contains(Int(number)) ? Int(number) : nil
    }
  }
}

extension ConfigurationKind where Value == Double {
  /// A number within a range, both ends included.
  package static func number(in range: ClosedRange<Double>) -> ConfigurationKind {
    let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
    return ConfigurationKind(expected: expected) { value in
      let number: Double
      switch value.content {
      case .integer(let whole): number = Double(whole)
      case .number(let fractional): number = fractional
      default: return nil
      }
      return range.contains(number) ? number : nil
    }
  }
}

extension ConfigurationKind where Value == Duration {
  /// A duration as text, a whole number and a unit: `90s`, `15m`, `2h`, `28d`; also `250ms`.
  package static func duration(in range: ClosedRange<Duration>) -> ConfigurationKind {
    let bounds = "\(text(range.lowerBound)) to \(text(range.upperBound))"
    return ConfigurationKind(expected: "a duration such as \"15m\" from \(bounds)") { value in
      guard case .string(let text) = value.content, let duration = parse(text),
        range.contains(duration)
      else { return nil }
      return duration
    }
  }

  private static func parse(_ text: String) -> Duration? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard !digits.isEmpty, digits.count <= 9, let number = Int64(digits) else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return .milliseconds(number)
    case "s": return .seconds(number)
    case "m": return .seconds(number * 60)
    case "h": return .seconds(number * 3600)
    case "d": return .seconds(number * 86_400)
    default: return nil
    }
  }

  /// The largest unit that divides.
  private static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if attoseconds != 0 || seconds == 0 {
      return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
    }
    if seconds % 86_400 == 0 { return "\(seconds / 86_400)d" }
    if seconds % 3600 == 0 { return "\(seconds / 3600)h" }
    return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
  }
}

extension ConfigurationKind where Value == [String] {
  /// An array of strings that are not empty.
  package static var strings: ConfigurationKind {
    ConfigurationKind(expected: "an array of strings that are not empty") { value in
      guard case .array(let elements) = value.content else { return nil }
      let texts = elements.compactMap(ConfigurationKind<String>.string.read)
      return texts.count == elements.count ? texts : nil
    }
  }
}

extension ConfigurationKind
where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of an enumeration's raw values.
  package static func oneOf(_ type: Value.Type) -> ConfigurationKind {
    let words = type.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    return ConfigurationKind(expected: "one of \(words)") { value in
      if case .string(let text) = value.content { Value(rawValue: text) } else { nil }
    }
  }
}
