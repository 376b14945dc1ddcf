import Ingest

extension Harness {
  static let input: [Harness] = [
    Harness("gzip", seeds: { InputSeeds.gzip }, run: InputProperties.gzip),
    Harness(
      "line-reader", byteCountMax: 1024, words: ["\n", "\n\n", "\r\n"],
      seeds: { [[3, 5] + Array("one\ntwo\n\nsixteen bytes and more\nrest".utf8), [1, 1, 0x0A]] },
      run: InputProperties.lines),
    Harness(
      "follow-position", byteCountMax: 512,
      words: ["\"device\":\"", "\"inode\":\"ff\"", "\"fingerprint_bytes\":", "\"offset\":"],
      seeds: {
        [
          FollowPosition(
            path: "/var/log/caddy.log", identity: FileIdentity(device: 1, inode: 99), offset: 17,
            fingerprint: Fingerprint(byteCount: 17, hash: .max)
          ).json
        ]
      }, run: InputProperties.position),
    Harness(
      "rotation-name", byteCountMax: 128,
      words: [".gz", ".zst", "-2026", ".log", "-size", ".00001"],
      seeds: {
        texts(
          "caddy-access-2026-11-23T23-39-35.969-size.log.gz", "x.log.3", "x.log-20261123.zst",
          "x-20261123.log", ".1", "-20261123")
      }, run: InputProperties.name),
  ]
}

/// Files as they come: compressed, in lines, rotated.
enum InputProperties {
  private static let outputByteCountMax = 1 << 20

  /// Where compressed bytes are cut on their way changes neither the plain ones nor the verdict.
  static func gzip(_ bytes: [UInt8]) throws {
    let whole = try inflate(bytes, inputStep: 1 << 16, outputStep: 4096)
    let pieces = try inflate(bytes, inputStep: 7, outputStep: 13)
    let count = min(whole.plain.count, pieces.plain.count)
    try require(whole.plain.prefix(count) == pieces.plain.prefix(count), "other bytes in pieces")
    if !whole.isCut, !pieces.isCut {
      try require(whole.plain.count == pieces.plain.count, "\(count) bytes, and more in pieces")
      try require(whole.hasFailed == pieces.hasFailed, "another verdict in pieces")
    }
  }

  private static func inflate(
    _ bytes: [UInt8], inputStep: Int, outputStep: Int
  ) throws -> (plain: [UInt8], hasFailed: Bool, isCut: Bool) {
    var reader = GzipReader(path: "x.gz")
    var plain: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: outputStep)
    let limit = outputStep < 64 ? 1 << 14 : outputByteCountMax
    while plain.count < limit {
      var span = buffer.mutableSpan
      let count: Int
      do throws(InputError) {
        count = try reader.read(into: &span) { (space, offset) throws(InputError) in
          let step = min(inputStep, space.count, max(0, bytes.count - offset))
          for index in 0..<step { space[index] = bytes[offset + index] }
          return step
        }
      } catch {
        try requireLegible(error.description)
        return (plain, true, false)
      }
      if count == 0 { return (plain, false, false) }
      try require(count <= outputStep, "\(count) bytes into \(outputStep)")
      plain += buffer[..<count]
    }
    return (plain, false, true)
  }

  private struct Pieces: ByteSource {
    let bytes: [UInt8]
    let width: Int
    var offset = 0

    mutating func read(into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
      let count = min(width, buffer.count, bytes.count - offset)
      for index in 0..<count { buffer[index] = bytes[offset + index] }
      offset += count
      return count
    }
  }

  /// Lines are what stands between newlines, with their places; those beyond the limit come empty.
  static func lines(_ input: [UInt8]) throws {
    let (choices, bytes) = input.split(after: 2)
    let limit = 1 + Int(choices[1])
    var reader = LineReader(
      Pieces(bytes: bytes, width: 1 + Int(choices[0])), lineByteCountMax: limit)
    var parts = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if parts.last?.isEmpty == true { parts.removeLast() }
    for (number, part) in parts.enumerated() {
      var dropped: [UInt8] = []
      guard let line = try reader.next(discarding: { dropped.append(copying: $0) }) else {
        throw BrokenProperty(description: "line \(number) is missing")
      }
      var found: [UInt8] = []
      found.append(copying: reader.bytes(of: line))
      try require(
        line.byteOffset == part.startIndex && line.byteCount == part.count,
        "line \(number) at \(line.byteOffset) of \(line.byteCount) bytes")
      try require(line.isOverlong == (part.count > limit), "line \(number) of limit \(limit)")
      try require((line.isOverlong ? dropped : found) == Array(part), "line \(number): other bytes")
      try require(line.isTerminated == (part.endIndex < bytes.count), "line \(number): its end")
    }
    try require(try reader.next() == nil, "a line too many")
  }

  static func position(_ bytes: [UInt8]) throws {
    let position: FollowPosition
    do {
      position = try FollowPosition(json: bytes.span)
    } catch { return try requireLegible(error.problem) }
    let again = try FollowPosition(json: position.json.span)
    try require(again == position, "a position that reads otherwise")
  }

  static func name(_ bytes: [UInt8]) throws {
    let name = RotationName(fileName: bytes.text)
    try require(!(name.age < name.age), "older than itself")
    try require(name.liveName.utf8.count <= bytes.text.utf8.count, name.liveName)
  }
}

enum InputSeeds {
  /// gzip of `one\ntwo\n` and of nothing, a member behind a member, padding, a stored block.
  static let gzip: [[UInt8]] = [
    one, empty, one + one, one + [0, 0, 0], Array(one.dropLast(3)), one + [1],
    [
      0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 0, 0xFD, 0xFF, 0x61, 0x0A, 0x07, 0xA1, 0xEA, 0xDD,
      2,
      0, 0, 0,
    ],
  ]

  private static let one: [UInt8] = [
    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0xCF, 0x4B, 0xE5, 0x2A, 0x29, 0xCF, 0xE7, 0x02, 0,
    0xE6, 0x0B, 0xBA, 0x12, 8, 0, 0, 0,
  ]
  private static let empty: [UInt8] = [
    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]
}
