package import Detect
import Ingest

/// A finding as an alert record keeps it, held against the same finding recomputed.
package struct StoredFinding: Sendable, Equatable {
  /// One key on which the two differ; nil where it is absent.
  package struct Difference: Sendable, Equatable {
    package let key: String
    package let stored: String?
    package let recomputed: String?
  }

  /// Journal index of the alert record.
  package let index: Int
  /// In the order of the recomputed finding's keys, then the stored one's own.
  package let differences: [Difference]

  package var isEqual: Bool { differences.isEmpty }

  /// Compares byte by byte under each key. A record whose finding is no JSON object differs as a
  /// whole.
  package init(index: Int, stored: [UInt8], recomputed finding: Finding) {
    self.index = index
    let recomputed = StoredFinding.members(finding.encoded())
    let known = StoredFinding.members(stored)
    var differences: [Difference] = []
    for (key, value) in recomputed {
      let other = known.first { $0.key == key }?.value
      if other != value {
        differences.append(Difference(key: key, stored: other, recomputed: value))
      }
    }
    for (key, value) in known where !recomputed.contains(where: { $0.key == key }) {
      differences.append(Difference(key: key, stored: value, recomputed: nil))
    }
    self.differences = differences
  }

  private static func members(_ bytes: [UInt8]) -> [(key: String, value: String)] {
    var document = JSONDocument()
    do { try document.parse(bytes.span) } catch { return [] }
    guard document.kind(document.root) == .object else { return [] }
    var members: [(key: String, value: String)] = []
    document.forEachMember(document.root) { key, value in
      let text = String(decoding: document.bytes[document.range(value)], as: UTF8.self)
      // The range of a string lies within its quotes.
      let isText = document.kind(value) == .string
      members.append((document.string(key) ?? "", isText ? "\"\(text)\"" : text))
    }
    return members
  }
}
