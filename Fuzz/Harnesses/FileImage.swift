import Ingest
import TestSupport

/// The files of a directory, to be damaged one at a time.
struct FileImage: Sendable {
  private let paths: [String]
  private let contents: [[UInt8]]
  private let directories: [String]

  /// What a storage holds, without the lock of its writer.
  init(_ storage: SimulatedStorage) {
    paths = storage.paths.filter { $0 != JournalLayout.lock }
    contents = paths.map { storage.bytes($0) ?? [] }
    directories = Set(paths.flatMap { FileImage.parents(of: $0) }).sorted()
  }

  /// One input for each file: its own contents, whole.
  var seeds: [[UInt8]] {
    paths.indices.flatMap { file in
      [
        [UInt8(file), 0] + contents[file], [UInt8(file), 1, 0x7B, 0x0A],
        [UInt8(file), 2, 0, 9, 0x20], [UInt8(file), 3, 0, 40], [UInt8(file), 4],
      ]
    }
  }

  /// A fresh disk with one file damaged as the input says, and which file that is.
  ///
  ///     byte 0   the file
  ///     byte 1   0 replace by the rest; 1 append the rest; 2 edit by triples (offset in two bytes,
  ///              xor); 3 cut at an offset in two bytes; 4 remove
  func damaged(by input: [UInt8]) throws(StorageError) -> (storage: SimulatedStorage, path: String)
  {
    let (choices, rest) = input.split(after: 2)
    let file = Int(choices[0]) % paths.count
    let storage = SimulatedStorage()
    for directory in directories { try storage.createDirectory(directory) }
    for (position, path) in paths.enumerated() {
      var bytes = contents[position]
      if position == file {
        guard choices[1] % 5 != 4 else { continue }
        bytes = FileImage.change(bytes, choices[1] % 5, rest)
      }
      storage.put(path, bytes)
      // A key that others may read is refused before it is looked at.
      if path == JournalLayout.key || path == JournalLayout.secret {
        storage.setPermissions(path, 0o600)
      }
    }
    return (storage, paths[file])
  }

  private static func change(_ bytes: [UInt8], _ mode: UInt8, _ rest: [UInt8]) -> [UInt8] {
    var bytes = bytes
    switch mode {
    case 0: return rest
    case 1: return bytes + rest
    case 2:
      for start in stride(from: 0, to: rest.count - 2, by: 3) where !bytes.isEmpty {
        let offset = Int(rest[start]) << 8 | Int(rest[start + 1])
        bytes[offset % bytes.count] ^= rest[start + 2]
      }
      return bytes
    default:
      let (offset, _) = rest.split(after: 2)
      return Array(bytes.prefix(Int(offset[0]) << 8 | Int(offset[1])))
    }
  }

  private static func parents(of path: String) -> [String] {
    let names = path.split(separator: "/").dropLast()
    return names.indices.map { names[...$0].joined(separator: "/") }
  }
}
