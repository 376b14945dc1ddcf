/// A set of names, looked up by bytes without regard to ASCII case and separators.
struct NameTable: Sendable {
  /// Canonical names by length; index 0 is unused.
  private var byLength: [[[UInt8]]] = []

  init(_ names: [String]) {
    for name in names { insert(name) }
  }

  mutating func insert(_ name: String) {
    let canonical = NameTable.canonical(Array(name.utf8))
    while byLength.count <= canonical.count { byLength.append([]) }
    byLength[canonical.count].append(canonical)
  }

  /// Cost: one pass over the name, and a comparison with each listed name of its length.
  func contains(_ name: Span<UInt8>) -> Bool {
    var length = 0
    for index in name.indices where !NameTable.isSeparator(name[index]) { length += 1 }
    guard length < byLength.count else { return false }
    for candidate in byLength[length] where NameTable.equals(candidate, name) { return true }
    return false
  }

  /// Precondition: `name` has as many bytes, separators apart, as `canonical`.
  private static func equals(_ canonical: [UInt8], _ name: Span<UInt8>) -> Bool {
    var position = 0
    for index in name.indices where !isSeparator(name[index]) {
      guard lowercased(name[index]) == canonical[position] else { return false }
      position += 1
    }
    return true
  }

  static func canonical(_ name: [UInt8]) -> [UInt8] {
    name.filter { !isSeparator($0) }.map { lowercased($0) }
  }

  static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: " "): true
    default: false
    }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }
}
