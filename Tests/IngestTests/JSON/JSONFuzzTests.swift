import Foundation
import Ingest
import Testing

/// Mutated real lines: never a crash, and the verdict of Foundation wherever the two must agree.
///
/// They need not agree on: an object with one key twice, which Foundation takes; nesting beyond our
/// limit; numbers beyond a binary64; a lone surrogate escape, which the grammar allows and
/// Foundation refuses; a byte order mark and zero bytes, by which Foundation guesses another
/// encoding; a comma before the brace that closes an object, which Foundation takes. Such texts are
/// only run for the absence of a crash.
@Suite struct JSONFuzzTests {
  private static let pieces: [[UInt8]] =
    [
      "\"", "\\", "{", "}", "[", "]", ":", ",", "0", "-", ".", "e", "E+", "true", "nul", "\\u",
      "\\u00e9",
      "\\n", " ", "\t", "\n", "1e5", "\"a\":", "é", "\u{2028}", "[[[[", "]]]]", "00", "\\x",
    ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x80], [0x01], [0x80]]

  private func mutated(_ line: [UInt8], _ random: inout LineRandom) -> [UInt8] {
    var bytes = line
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard !bytes.isEmpty else { return bytes }
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes.remove(at: place)
      case 1: bytes[place] = UInt8.random(in: 0x01...0xFF, using: &random)
      case 2:
        let piece = JSONFuzzTests.pieces.randomElement(using: &random) ?? []
        bytes.insert(contentsOf: piece, at: place)
      case 3:
        let end = min(bytes.count, place + Int.random(in: 1...30, using: &random))
        bytes.removeSubrange(place..<end)
      default:
        let end = min(bytes.count, place + Int.random(in: 1...30, using: &random))
        bytes.insert(contentsOf: Array(bytes[place..<end]), at: end)
      }
    }
    return bytes
  }

  private func mustAgree(_ bytes: [UInt8], _ error: JSONError?) -> Bool {
    switch error?.reason {
    case .duplicateKey, .tooDeep, .numberOutOfRange: return false
    case .unexpectedByte where bytes[error?.byteOffset ?? 0] == UInt8(ascii: "}"): return false
    default: break
    }
    if bytes.contains(0) || bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.first == 0xFF
      || bytes.first == 0xFE
    {
      return false
    }
    return !String(decoding: bytes, as: UTF8.self).lowercased().contains("\\ud")
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func verdictsAgreeWithFoundation(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    let lines =
      try RecordedLog.lines("variants/json-mtls.log")
      + RecordedLog.lines("variants/json-rfc3339-string.log")
      + RecordedLog.lines("live-1/trigger-events.jsonl").prefix(20)
      + RecordedLog.lines("live-1/luigi-events.jsonl").prefix(20)
      + RecordedLog.lines("live-1/caddy-access.log").prefix(20).filter { $0.count < 3000 }
    var document = JSONDocument()
    var accepted = 0
    for _ in 0..<800 {
      let text = mutated(try #require(lines.randomElement(using: &random)), &random)
      var found: JSONError?
      do {
        try document.parse(text.span)
        accepted += 1
      } catch {
        found = error
        #expect((0...text.count).contains(error.byteOffset))
      }
      guard mustAgree(text, found) else { continue }
      let foundation = try? JSONSerialization.jsonObject(
        with: Data(text), options: [.fragmentsAllowed])
      #expect(
        (found == nil) == (foundation != nil),
        "seed \(seed): \(String(describing: found)): \(String(decoding: text, as: UTF8.self))")
    }
    #expect(accepted > 50)
  }

  @Test(arguments: [5, 6] as [UInt64])
  func noMutationOfALineCrashesTheLineParser(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    let lines =
      try RecordedLog.lines("live-1/trigger-events.jsonl").prefix(10)
      + RecordedLog.lines("live-1/luigi-events.jsonl").prefix(10)
      + RecordedLog.lines("live-1/caddy-runtime.log").prefix(40)
      + RecordedLog.lines("variants/json-log-credentials.log")
      + RecordedLog.lines("variants/console.log")
    var parser = LineParser(format: .auto)
    var document = JSONDocument()
    for _ in 0..<600 {
      let text = mutated(try #require(lines.randomElement(using: &random)), &random)
      guard case .record(let prepared) = parser.parse(text) else { continue }
      let entry = prepared.record.encoded()
      #expect(!entry.contains(0x0A), "seed \(seed)")
      try document.parse(entry.span)
      if prepared.record.header.id.isEmpty { continue }
      let decoded = try Record(document)
      #expect(decoded.body == prepared.record.body, "seed \(seed)")
    }
  }
}
