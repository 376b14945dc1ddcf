/// What a log file's name says of its place in a rotated set.
///
/// Known ways of naming, all with `.gz` or `.zst` behind when compressed:
///
///     caddy-access-2026-11-23T23-39-35.969.log         Caddy (lumberjack)
///     caddy-access-2026-11-23T23-39-35.969-size.log    Caddy 2.11 (timberjack: with a reason)
///     x.log.3                                          logrotate, higher is older
///     x.log-20261123, x-20261123.log                   logrotate with dateext
///     x.log                                            the live file
package struct RotationName: Hashable, Sendable {
  /// When the file was rotated away, as far as names tell.
  package enum Age: Hashable, Sendable {
    /// The moment written in the name; sorts as text, for one set uses one way of writing it.
    case stamped(String)
    /// 1 is the youngest.
    case numbered(Int)
    /// The file that is being written.
    case live
  }

  /// The live file's name, the same for the whole set.
  package let liveName: String
  /// Where in the set the file belongs.
  package let age: Age
  /// Whether the name ends like a compressed file's; the bytes decide, the name only orders.
  package let isCompressed: Bool

  /// - Parameter fileName: without its directory.
  package init(fileName: String) {
    var name = Array(fileName.utf8)
    let suffix = [".gz", ".zst"].first {
      fileName.hasSuffix($0) && fileName.utf8.count > $0.utf8.count
    }
    if let suffix { name.removeLast(suffix.utf8.count) }
    isCompressed = suffix != nil
    if let stamp = RotationName.stamp(in: name) {
      let rest = RotationName.withoutReason(name[stamp.upperBound...])
      liveName = String(decoding: name[..<(stamp.lowerBound - 1)] + rest, as: UTF8.self)
      age = .stamped(String(decoding: name[stamp], as: UTF8.self))
    } else if let digits = RotationName.number(atEndOf: name) {
      liveName = String(decoding: name[..<(digits.lowerBound - 1)], as: UTF8.self)
      age = Int(String(decoding: name[digits], as: UTF8.self)).map { .numbered($0) } ?? .live
    } else {
      liveName = String(decoding: name, as: UTF8.self)
      age = .live
    }
  }

  /// A run of digits and separators that begins with a year after `-` or `.`, holds at least a date
  /// (8 digits) and ends the name or stands before `.` or `-`.
  private static func stamp(in name: [UInt8]) -> Range<Int>? {
    for start in name.indices.dropFirst(2)
    where [UInt8(ascii: "-"), UInt8(ascii: ".")].contains(name[start - 1]) {
      guard
        name[start...].starts(with: Array("20".utf8))
          || name[start...].starts(with: Array("19".utf8))
      else { continue }
      var end = start
      while end < name.count, isStampByte(name[end]) { end += 1 }
      while end > start, !isDigit(name[end - 1]) { end -= 1 }
      let digitCount = name[start..<end].count(where: isDigit)
      if digitCount >= 8, digitCount <= 24, end == name.count || !isLetter(name[end]) {
        return start..<end
      }
    }
    return nil
  }

  /// `-size.log` is `.log`: timberjack writes why it rotated.
  private static func withoutReason(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard rest.first == UInt8(ascii: "-") else { return rest }
    let tail = rest.dropFirst().drop(while: isLetter)
    return tail.isEmpty || tail.first == UInt8(ascii: ".") ? tail : rest
  }

  /// The digits of `.7` at the end, at most five.
  private static func number(atEndOf name: [UInt8]) -> Range<Int>? {
    var start = name.count
    while start > 0, isDigit(name[start - 1]) { start -= 1 }
    let count = name.count - start
    guard (1...5).contains(count), start > 1, name[start - 1] == UInt8(ascii: ".") else {
      return nil
    }
    return start..<name.count
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

  private static func isStampByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || "T-_.".utf8.contains(byte)
  }
}

extension RotationName.Age: Comparable {
  /// Older first: stamped names, then numbered ones from the highest down, then the live file.
  package static func < (left: RotationName.Age, right: RotationName.Age) -> Bool {
    switch (left, right) {
    case (.stamped(let first), .stamped(let second)):
      return first.utf8.lexicographicallyPrecedes(second.utf8)
    case (.numbered(let first), .numbered(let second)): return first > second
    default: return left.rank < right.rank
    }
  }

  private var rank: Int {
    switch self {
    case .stamped: 0
    case .numbered: 1
    case .live: 2
    }
  }
}
