/// The most that a field keeps when an entry would be longer than `Record.entryByteCountMax`.
///
/// Worst case of one record: 11 identifiers, 2 texts, 2 lists, a path and an object, escaped up to
/// six bytes a byte, is below 65,535 bytes; a test builds it.
package struct FieldLimit: Sendable {
  /// Bytes of UTF-8 that one string keeps.
  package let byteCount: Int
  /// Elements that a list keeps.
  package let elementCount: Int

  /// Ids, names, addresses: 256 bytes.
  package static let identifier = FieldLimit(byteCount: 256, elementCount: 1)
  /// Host, user agent, reason: 512 bytes.
  package static let text = FieldLimit(byteCount: 512, elementCount: 1)
  /// Paths and messages: 2,048 bytes.
  package static let path = FieldLimit(byteCount: 2048, elementCount: 1)
  /// Lists: 16 elements of 64 bytes.
  package static let list = FieldLimit(byteCount: 64, elementCount: 16)
  /// Parameter objects: kept whole up to 4,096 bytes, dropped beyond, for half an object lies.
  package static let object = FieldLimit(byteCount: 4096, elementCount: 1)

  /// Cuts at the last scalar that fits.
  func cut(_ text: inout String?) {
    guard let whole = text, whole.utf8.count > byteCount else { return }
    text = FieldLimit.prefix(whole, byteCount: byteCount)
  }

  func cut(_ first: inout String?, _ second: inout String?) {
    cut(&first)
    cut(&second)
  }

  func cut(
    _ first: inout String?, _ second: inout String?, _ third: inout String?,
    _ fourth: inout String?, _ fifth: inout String?, _ sixth: inout String?,
    _ seventh: inout String?
  ) {
    cut(&first, &second)
    cut(&third, &fourth)
    cut(&fifth, &sixth)
    cut(&seventh)
  }

  func cut(
    _ first: inout String?, _ second: inout String?, _ third: inout String?,
    _ fourth: inout String?
  ) {
    cut(&first, &second)
    cut(&third, &fourth)
  }

  func cut(_ first: inout String?, _ second: inout String?, _ third: inout String?) {
    cut(&first, &second)
    cut(&third)
  }

  func cut(
    _ first: inout String?, _ second: inout String?, _ third: inout String?,
    _ fourth: inout String?, _ fifth: inout String?, _ sixth: inout String?
  ) {
    cut(&first, &second, &third)
    cut(&fourth, &fifth, &sixth)
  }

  func cut(_ list: inout [String]) {
    if list.count > elementCount { list.removeLast(list.count - elementCount) }
    for index in list.indices where list[index].utf8.count > byteCount {
      list[index] = FieldLimit.prefix(list[index], byteCount: byteCount)
    }
  }

  func cut(_ object: inout [UInt8]?) {
    if let whole = object, whole.count > byteCount { object = nil }
  }

  /// The longest prefix of whole scalars within `byteCount` bytes.
  package static func prefix(_ text: String, byteCount: Int) -> String {
    var end = text.unicodeScalars.startIndex
    var length = 0
    for index in text.unicodeScalars.indices {
      length += UTF8.width(text.unicodeScalars[index])
      if length > byteCount { break }
      end = text.unicodeScalars.index(after: index)
    }
    return String(text.unicodeScalars[..<end])
  }
}
