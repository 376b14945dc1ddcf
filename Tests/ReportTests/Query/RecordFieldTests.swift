import Foundation
import Ingest
import Report
import TestSupport
import Testing

@Suite("Record fields")
struct RecordFieldTests {
  @Test("every field has the value that the entry's JSON has under its name", arguments: 0..<20)
  func valuesAreTheEntry(seed: UInt64) throws {
    var samples = RecordSamples(random: SeededRandom(seed: seed))
    for index in 0..<50 {
      let record = samples.record(index)
      let entry = try object(record.record.encoded())
      for field in RecordField.allCases where field != .index {
        let expected = member(entry, field.rawValue)
        #expect(
          Self.isSame(record.value(of: field), expected, field.type),
          "seed \(seed), \(field.rawValue): \(record.value(of: field)) of \(entry)")
        if expected != nil {
          #expect(field.kinds.contains(record.record.kind), "\(field) of \(record.record.kind)")
        }
      }
      #expect(record.value(of: .index) == .integer(index))
    }
  }

  @Test("every key of every kind's entry is a field, but for what an error and original hold")
  func everyKeyIsAField() throws {
    var samples = RecordSamples(random: SeededRandom(seed: 1))
    let names = Set(RecordField.allCases.map(\.rawValue))
    var seen: Set<String> = []
    for index in 0..<400 { seen.formUnion(try object(samples.record(index).record.encoded()).keys) }
    #expect(seen.subtracting(names) == ["error"])
    #expect(seen.count > 60)
  }

  private func object(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  private func member(_ entry: [String: Any], _ name: String) -> Any? {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count == 2 else { return entry[name] }
    return (entry[parts[0]] as? [String: Any])?[parts[1]]
  }

  private static func isSame(_ value: FilterValue, _ expected: Any?, _ type: FilterType) -> Bool {
    switch value {
    case .absent: expected == nil
    case .text(let text): expected as? String == text
    case .texts(let texts): expected as? [String] == texts
    case .integer(let number): expected as? Int == number
    case .number(let number): expected as? Double == number
    case .instant(let instant): expected as? String == instant.rfc3339 && type == .instant
    case .flag(let flag): expected as? Bool == flag
    case .json(let bytes):
      (try? JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary)
        == expected as? NSDictionary && type == .object
    }
  }
}
