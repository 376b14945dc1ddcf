/// Reads a TZif file (RFC 9636, formerly RFC 8536), version 2 or later: the 64-bit block and the
/// footer. The 32-bit block is only stepped over.
///
///     offset  bytes
///     0       4        "TZif"
///     4       1        version, '2' or later
///     20      6 x 4    isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt
///     44      …        the block: timecnt x 8 times, timecnt x 1 types, typecnt x 6 records
///                      (4 offset, 1 daylight saving, 1 name), charcnt names, leap seconds, flags
///     then             newline, POSIX TZ string, newline
struct TZifReader: ~Escapable {
  private struct Header {
    let version: UInt8
    let isUTCCount: Int
    let isStandardCount: Int
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    let characterCount: Int

    /// Bytes of the block behind the header.
    func blockByteCount(timeWidth: Int) -> Int {
      timeCount * (timeWidth + 1) + typeCount * 6 + characterCount + leapCount * (timeWidth + 4)
        + isStandardCount + isUTCCount
    }
  }

  /// Longest file taken: real ones have up to 4 KiB.
  static let byteCountMax = 256 << 10

  private let bytes: Span<UInt8>
  private let name: String
  private var offset = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, name: String) {
    self.bytes = bytes
    self.name = name
  }

  mutating func read() throws(ZoneError) -> TimeZoneRules {
    guard bytes.count <= TZifReader.byteCountMax else {
      throw malformed("found \(bytes.count) bytes, expected at most \(TZifReader.byteCountMax)")
    }
    let first = try readHeader()
    guard first.version >= UInt8(ascii: "2") else {
      throw malformed("found version 1, expected a 64-bit block (version 2 or later)")
    }
    try skip(first.blockByteCount(timeWidth: 4))
    let header = try readHeader()
    guard header.leapCount == 0 else {
      throw malformed("found leap seconds: log times have none")
    }
    let block = offset
    try skip(header.blockByteCount(timeWidth: 8))
    let footer = try readFooter()
    let types = try readOffsets(header, at: block + header.timeCount * 9)
    let transitions = try readTransitions(header, at: block, types)
    // RFC 9636 section 3.3: else the offset would jump once more where the transitions end.
    if let last = transitions.last, let footer, footer.offset(at: last.second) != last.offset {
      throw malformed(
        "found a footer that contradicts the last transition: expected \(last.offset) s at "
          + "\(last.second)")
    }
    return TimeZoneRules(
      name: name, initialOffset: types[0], transitions: transitions, footer: footer)
  }

  private mutating func readHeader() throws(ZoneError) -> Header {
    let start = offset
    try skip(44)
    for (index, byte) in Array("TZif".utf8).enumerated() where bytes[start + index] != byte {
      throw malformed(at: start, "expected the letters TZif")
    }
    var counts: [Int] = []
    for index in 0..<6 { counts.append(integer(at: start + 20 + index * 4, byteCount: 4)) }
    let header = Header(
      version: bytes[start + 4], isUTCCount: counts[0], isStandardCount: counts[1],
      leapCount: counts[2], timeCount: counts[3], typeCount: counts[4], characterCount: counts[5])
    // Limits keep the sums below from overflowing; the file's length is the tighter bound.
    guard counts.allSatisfy({ $0 <= TZifReader.byteCountMax }) else {
      throw malformed(at: start, "found a count beyond \(TZifReader.byteCountMax)")
    }
    guard header.typeCount > 0, header.typeCount <= 256 else {
      throw malformed(at: start, "found \(header.typeCount) types, expected 1 to 256")
    }
    return header
  }

  private func readOffsets(_ header: Header, at start: Int) throws(ZoneError) -> [Int] {
    var offsets: [Int] = []
    for index in 0..<header.typeCount {
      let place = start + index * 6
      let seconds = Int(Int32(truncatingIfNeeded: integer(at: place, byteCount: 4)))
      // RFC 9636 section 3.2: within -25 h and +26 h, ends excluded.
      guard seconds > -90_000, seconds < 93_600 else {
        throw malformed(at: place, "found an offset of \(seconds) s")
      }
      guard bytes[place + 4] <= 1, Int(bytes[place + 5]) < header.characterCount else {
        throw malformed(at: place, "found a type with a wrong flag or name")
      }
      offsets.append(seconds)
    }
    return offsets
  }

  private func readTransitions(
    _ header: Header, at start: Int, _ offsets: [Int]
  ) throws(ZoneError) -> [TimeZoneRules.Transition] {
    var transitions: [TimeZoneRules.Transition] = []
    transitions.reserveCapacity(header.timeCount)
    for index in 0..<header.timeCount {
      let place = start + index * 8
      let time = integer(at: place, byteCount: 8)
      let type = Int(bytes[start + header.timeCount * 8 + index])
      // Beyond the age of the universe; a bound under which sums with offsets cannot overflow.
      guard abs(time / 2) < 1 << 59 else { throw malformed(at: place, "found time \(time)") }
      guard type < offsets.count else { throw malformed(at: place, "found a type beyond the list") }
      if let last = transitions.last, last.second >= time {
        throw malformed(at: place, "found a transition that is not after the one before it")
      }
      transitions.append(TimeZoneRules.Transition(second: time, offset: offsets[type]))
    }
    return transitions
  }

  private mutating func readFooter() throws(ZoneError) -> PosixZone? {
    let start = offset
    let newline = UInt8(ascii: "\n")
    guard start < bytes.count, bytes[start] == newline else {
      throw malformed(at: start, "expected the newline before the footer")
    }
    var end = start + 1
    while end < bytes.count, bytes[end] != newline { end += 1 }
    guard end < bytes.count else { throw malformed(at: start, "found a footer without an end") }
    guard end > start + 1 else { return nil }
    var text: [UInt8] = []
    text.append(copying: bytes.extracting(start + 1..<end))
    guard let zone = PosixZone(text) else {
      throw malformed(at: start + 1, "found a footer that is no POSIX TZ string")
    }
    return zone
  }

  private mutating func skip(_ count: Int) throws(ZoneError) {
    guard bytes.count - offset >= count else {
      throw malformed("found \(bytes.count - offset) bytes left, expected \(count)")
    }
    offset += count
  }

  /// Big-endian; eight bytes as two's complement.
  private func integer(at start: Int, byteCount: Int) -> Int {
    var value: UInt64 = 0
    for index in start..<start + byteCount { value = value << 8 | UInt64(bytes[index]) }
    return Int(Int64(bitPattern: value))
  }

  private func malformed(at place: Int? = nil, _ reason: String) -> ZoneError {
    .malformed(name, byteOffset: place ?? offset, reason: reason)
  }
}
