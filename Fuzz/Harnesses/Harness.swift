/// One parser of bytes from outside, with the properties that must hold for any bytes.
///
/// The same function runs under libFuzzer (`make fuzz`) and, over the seeds alone, in the tests.
package struct Harness: Sendable {
  /// Lower case, words joined by dashes: the name of its folder in `Fuzz/corpus`.
  package let name: String
  /// Longest input worth trying, in bytes: long enough for every branch, short enough for speed.
  package let byteCountMax: Int
  /// Words of the format, for libFuzzer's dictionary.
  package let words: [String]
  /// Inputs to begin with. Made, not stored: most follow from the writers of the same format.
  package let seeds: @Sendable () throws -> [[UInt8]]
  /// Throws `BrokenProperty`, or traps, when the parser does what it must not.
  package let run: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, byteCountMax: Int = 4096, words: [String] = [],
    seeds: @escaping @Sendable () throws -> [[UInt8]],
    run: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.byteCountMax = byteCountMax
    self.words = words
    self.seeds = seeds
    self.run = run
  }

  /// Every harness, sorted by name.
  package static let all: [Harness] =
    (json + records + lines + notes + proofs + tiles + writer + calendars + input + journal
    + columns + configuration + http + witness + access + gateway + api + query)
    .sorted { $0.name < $1.name }
}

/// A property that does not hold for an input.
package struct BrokenProperty: Error, CustomStringConvertible {
  package let description: String
}

/// Throws unless `condition` holds; the message says what must hold.
func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw BrokenProperty(description: message()) }
}

/// A message for people: no control character, so that no input writes to a terminal, and short.
func requireLegible(_ message: String) throws {
  let isLegible = message.unicodeScalars.allSatisfy { scalar in
    scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
  }
  try require(isLegible, "a control character in the message \(message.debugDescription)")
  try require(message.utf8.count <= 4096, "a message of \(message.utf8.count) bytes")
}

extension [UInt8] {
  /// The bytes as text, what is no UTF-8 replaced.
  var text: String { String(decoding: self, as: UTF8.self) }

  /// Splits the first `count` bytes off, for choices; zeros where there are fewer.
  func split(after count: Int) -> (choices: [UInt8], rest: [UInt8]) {
    let head = Array(prefix(count))
    return (head + [UInt8](repeating: 0, count: count - head.count), Array(dropFirst(count)))
  }
}

/// The bytes of texts.
func texts(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
