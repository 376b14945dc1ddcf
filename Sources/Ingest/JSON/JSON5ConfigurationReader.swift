/// Reads one object of a configuration key by key, and refuses what nobody asked for.
///
/// The schema is the caller's: it asks for each key by name and kind, and the keys asked for are the
/// keys there are. A nested object is read by a closure or an initialiser:
///
///     let options = try ConfigurationReader.read(bytes.span, file: "vigil.json5") {
///       (reader) throws(ConfigurationError) in
///       Options(
///         window: try reader.value("window", .duration(in: .seconds(1) ... .seconds(86_400)),
///           default: .seconds(900)),
///         rules: try reader.object("rules", RuleOptions.init(from:)))
///     }
package struct ConfigurationReader: Sendable {
  /// The file's name as it was given.
  package let file: String
  /// Of the object's opening brace.
  package let place: JSON5Place
  private let members: [JSON5Value.Member]
  private var known: [String] = []

  /// In the order of the file, for an object whose keys are names of the user's choice.
  package var keys: [String] { members.map(\.key) }

  private init(_ value: JSON5Value, file: String, expected: String) throws(ConfigurationError) {
    self.file = file
    place = value.place
    guard case .object(let members) = value.content else {
      throw ConfigurationError(
        file: file, place: value.place,
        problem: "found \(value.kindText): expected \(expected)")
    }
    self.members = members
  }

  /// Reads a whole configuration with `body`, then refuses the keys that it did not ask for.
  package static func read<Result>(
    _ text: Span<UInt8>, file: String,
    _ body: (inout ConfigurationReader) throws(ConfigurationError) -> Result
  ) throws(ConfigurationError) -> Result {
    let document: JSON5Document
    do {
      document = try JSON5Document(text)
    } catch {
      throw ConfigurationError(
        file: file, place: error.place,
        problem: "found \(error.found): expected \(error.expected)")
    }
    return try read(document.root, file, expected: "an object of settings", body)
  }

  private static func read<Result>(
    _ value: JSON5Value, _ file: String, expected: String,
    _ body: (inout ConfigurationReader) throws(ConfigurationError) -> Result
  ) throws(ConfigurationError) -> Result {
    var reader = try ConfigurationReader(value, file: file, expected: expected)
    let result = try body(&reader)
    try reader.finish()
    return result
  }

  /// A setting that must be there.
  package mutating func required<Value>(
    _ key: String, _ kind: ConfigurationKind<Value>
  ) throws(ConfigurationError) -> Value {
    if let value = try optional(key, kind) { return value }
    throw ConfigurationError(
      file: file, place: place,
      problem: "found no key \"\(key)\" in this object: expected \(kind.expected)")
  }

  /// A setting that may be left out; then nil. `null` is a value, and not taken for absence.
  package mutating func optional<Value>(
    _ key: String, _ kind: ConfigurationKind<Value>
  ) throws(ConfigurationError) -> Value? {
    guard let found = member(key) else { return nil }
    if let value = kind.read(found) { return value }
    throw error(found, key, expected: kind.expected)
  }

  /// A setting that may be left out; then the default.
  package mutating func value<Value>(
    _ key: String, _ kind: ConfigurationKind<Value>, default fallback: Value
  ) throws(ConfigurationError) -> Value {
    try optional(key, kind) ?? fallback
  }

  /// A nested object, read by `body` and then finished; nil when left out.
  package mutating func object<Result>(
    _ key: String, _ body: (inout ConfigurationReader) throws(ConfigurationError) -> Result
  ) throws(ConfigurationError) -> Result? {
    guard let found = member(key) else { return nil }
    return try ConfigurationReader.read(
      found, file, expected: "an object for \"\(key)\"", body)
  }

  /// An array of objects, each read by `body` and then finished; empty when left out.
  package mutating func objects<Result>(
    _ key: String, _ body: (inout ConfigurationReader) throws(ConfigurationError) -> Result
  ) throws(ConfigurationError) -> [Result] {
    guard let found = member(key) else { return [] }
    guard case .array(let elements) = found.content else {
      throw error(found, key, expected: "an array of objects")
    }
    var results: [Result] = []
    for element in elements {
      results.append(
        try ConfigurationReader.read(
          element, file, expected: "an object as element of \"\(key)\"", body))
    }
    return results
  }

  /// An array of strings and objects, the objects read by `body`; empty when left out.
  package mutating func entries<Result>(
    _ key: String, _ body: (inout ConfigurationReader) throws(ConfigurationError) -> Result
  ) throws(ConfigurationError) -> [ConfigurationEntry<Result>] {
    guard let found = member(key) else { return [] }
    guard case .array(let elements) = found.content else {
      throw error(found, key, expected: "an array")
    }
    var results: [ConfigurationEntry<Result>] = []
    for element in elements {
      if case .string(let text) = element.content {
        results.append(.text(text, element.place))
        continue
      }
      let result = try ConfigurationReader.read(
        element, file, expected: "a string or an object as element of \"\(key)\"", body)
      results.append(.object(result))
    }
    return results
  }

  /// An object whose keys are names of the user's choice, each with an object as its value.
  package mutating func named<Result>(
    _ key: String,
    _ body: (_ name: String, inout ConfigurationReader) throws(ConfigurationError) -> Result
  ) throws(ConfigurationError) -> [(name: String, value: Result)] {
    guard let found = member(key) else { return [] }
    guard case .object(let members) = found.content else {
      throw error(found, key, expected: "an object of named objects")
    }
    var results: [(name: String, value: Result)] = []
    for member in members {
      let value = try ConfigurationReader.read(
        member.value, file, expected: "an object for \(JSON5Scanner.quoted(member.key))"
      ) { (reader) throws(ConfigurationError) in try body(member.key, &reader) }
      results.append((member.key, value))
    }
    return results
  }

  /// An error of the caller's own about a key's value: two settings that do not go together.
  package func error(_ key: String, _ problem: String) -> ConfigurationError {
    let place = members.first { $0.key == key }?.value.place ?? place
    return ConfigurationError(file: file, place: place, problem: "\"\(key)\": \(problem)")
  }

  /// Refuses the first key that was not asked for. `read`, `object` and the like call it.
  package func finish() throws(ConfigurationError) {
    guard let unknown = members.first(where: { !known.contains($0.key) }) else { return }
    let words = known.map { "\"\($0)\"" }.joined(separator: ", ")
    let near = EditDistance.nearest(to: unknown.key, in: known, distanceMax: 2)
    let hint = near.map { " (did you mean \"\($0)\"?)" } ?? ""
    throw ConfigurationError(
      file: file, place: unknown.place,
      problem: "unknown key \(JSON5Scanner.quoted(unknown.key))\(hint): "
        + (known.isEmpty ? "expected no key" : "expected one of \(words)"))
  }

  private mutating func member(_ key: String) -> JSON5Value? {
    if !known.contains(key) { known.append(key) }
    return members.first { $0.key == key }?.value
  }

  private func error(
    _ found: JSON5Value, _ key: String, expected: String
  ) -> ConfigurationError {
    let text =
      switch found.content {
      case .string(let text): JSON5Scanner.quoted(text)
      case .integer(let number): "\(number)"
      case .number(let number): "\(number)"
      case .boolean(let flag): "\(flag)"
      default: found.kindText
      }
    return ConfigurationError(
      file: file, place: found.place, problem: "\"\(key)\": found \(text): expected \(expected)")
  }
}

/// One element of an array of strings and objects.
package enum ConfigurationEntry<Result> {
  /// With its place, for an error of the caller's own.
  case text(String, JSON5Place)
  case object(Result)
}

extension ConfigurationEntry: Sendable where Result: Sendable {}

/// How far two words are apart.
enum EditDistance {
  /// The nearest word within the distance; the first of several. Words over 64 bytes are near none.
  static func nearest(to word: String, in words: [String], distanceMax: Int) -> String? {
    let measured = words.map { (word: $0, distance: between(word, $0)) }
    return measured.filter { $0.distance <= distanceMax && $0.distance < $0.word.utf8.count }
      .min { $0.distance < $1.distance }?.word
  }

  /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment; F. J.
  /// Damerau, CACM 7:171, 1964).
  static func between(_ left: String, _ right: String) -> Int {
    let (first, second) = (Array(left.utf8), Array(right.utf8))
    guard first.count <= 64, second.count <= 64 else { return .max }
    var rows = [Array(0...second.count)]
    for row in 0..<first.count {
      var next = [row + 1]
      for column in 0..<second.count {
        let cost = first[row] == second[column] ? 0 : 1
        var best = min(rows[row][column] + cost, rows[row][column + 1] + 1, next[column] + 1)
        if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
          best = min(best, rows[row - 1][column - 1] + 1)
        }
        next.append(best)
      }
      rows.append(next)
    }
    return rows[first.count][second.count]
  }
}
