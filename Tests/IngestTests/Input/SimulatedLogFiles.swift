import Ingest

/// A file system in memory, with a log that is written, rotated, compressed and cut.
///
/// `interrupts` run one by one in front of chosen calls: the log changes between two looks at it.
final class SimulatedLogFiles: LogFiles {
  final class Node {
    let inode: UInt64
    var bytes: [UInt8] = []
    init(inode: UInt64) { self.inode = inode }
  }

  struct Handle: LogFileHandle {
    let files: SimulatedLogFiles
    let node: Node

    func status() throws(InputError) -> FileStatus {
      files.beforeCall()
      return SimulatedLogFiles.status(node)
    }

    func read(at offset: Int, into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
      files.beforeCall()
      let count = max(0, min(buffer.count, node.bytes.count - offset, files.readByteCountMax))
      for index in 0..<count { buffer[index] = node.bytes[offset + index] }
      return count
    }
  }

  var names: [String: Node] = [:]
  var readByteCountMax = Int.max
  /// Call numbers, ascending, with what happens before them.
  var interrupts: [(call: Int, body: () -> Void)] = []
  private(set) var callCount = 0
  private var nextInode: UInt64 = 1

  func beforeCall() {
    callCount += 1
    while let first = interrupts.first, first.call <= callCount {
      interrupts.removeFirst()
      first.body()
    }
  }

  func create(_ name: String) {
    names[name] = Node(inode: nextInode)
    nextInode += 1
  }

  func status(ofPath path: String) throws(InputError) -> FileStatus? {
    beforeCall()
    return names[path].map(SimulatedLogFiles.status)
  }

  func names(inDirectory path: String) throws(InputError) -> [String] {
    beforeCall()
    return Array(names.keys)
  }

  func open(_ path: String) throws(InputError) -> Handle {
    beforeCall()
    guard let node = names[path] else { throw .missing(path: path) }
    return Handle(files: self, node: node)
  }

  private static func status(_ node: Node) -> FileStatus {
    FileStatus(
      identity: FileIdentity(device: 7, inode: node.inode), kind: .regular,
      byteCount: node.bytes.count)
  }
}

/// Gzip framing with stored blocks, as RFC 1951 and 1952 have it: a compressor in twenty lines.
func storedGzip(_ bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
  var start = 0
  repeat {
    let count = min(bytes.count - start, 0xFFFF)
    let isLast: UInt8 = start + count == bytes.count ? 1 : 0
    result += [isLast, UInt8(count & 255), UInt8(count >> 8)]
    result += [UInt8(~count & 255), UInt8(~count >> 8 & 255)]
    result += bytes[start..<start + count]
    start += count
  } while start < bytes.count
  for value in [crc32(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
    for shift in [0, 8, 16, 24] { result.append(UInt8(value >> UInt32(shift) & 255)) }
  }
  return result
}

/// The polynomial 0xEDB88320 of RFC 1952 section 8, bit by bit.
private func crc32(_ bytes: [UInt8]) -> UInt32 {
  var crc: UInt32 = 0xFFFF_FFFF
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  return ~crc
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct InputRandom: RandomNumberGenerator {
  var state: UInt64

  init(seed: Int) { state = UInt64(seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
