package import Ingest

/// One file of a package: its name, length and hash.
package struct PackageFile: Hashable, Sendable {
  package let path: String
  package let byteCount: Int
  package let digest: Digest

  package init(path: String, byteCount: Int, digest: Digest) {
    self.path = path
    self.byteCount = byteCount
    self.digest = digest
  }
}

/// Where the bytes of one file go: to a disk, or beside bytes that should be the same.
package protocol PackageEnd: AnyObject {
  func put(_ bytes: Span<UInt8>, at offset: Int) throws
  /// Nothing more comes.
  func end(byteCount: Int) throws
}

/// Where the files of a package come from or go to.
package protocol PackageTarget: AnyObject {
  func end(of path: String) throws -> any PackageEnd
}

/// One file on its way: buffered, hashed, handed on in pieces of 256 KiB.
package final class PackageOutput {
  private static let pieceByteCount = 256 << 10

  package let path: String
  private let end: any PackageEnd
  private var buffer: [UInt8] = []
  private var hash = SHA256()
  private var offset = 0

  package init(_ path: String, to target: any PackageTarget) throws {
    self.path = path
    end = try target.end(of: path)
    buffer.reserveCapacity(PackageOutput.pieceByteCount + Record.entryByteCountMax)
  }

  package func append(_ bytes: Span<UInt8>) throws {
    buffer.append(copying: bytes)
    if buffer.count >= PackageOutput.pieceByteCount { try flush() }
  }

  /// A line with its newline.
  package func appendLine(_ bytes: Span<UInt8>) throws {
    buffer.append(copying: bytes)
    buffer.append(0x0A)
    if buffer.count >= PackageOutput.pieceByteCount { try flush() }
  }

  package func append(_ text: String) throws {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= PackageOutput.pieceByteCount { try flush() }
  }

  /// Lets the caller append to the buffer itself.
  package func append(_ body: (inout [UInt8]) -> Void) throws {
    body(&buffer)
    if buffer.count >= PackageOutput.pieceByteCount { try flush() }
  }

  /// Ends the file. Precondition: called once, and nothing is appended after it.
  package func finish() throws -> PackageFile {
    try flush()
    try end.end(byteCount: offset)
    return PackageFile(path: path, byteCount: offset, digest: hash.finish())
  }

  private func flush() throws {
    guard !buffer.isEmpty else { return }
    // Taken out and put back: a span of a class's property could be changed under its reader.
    var piece: [UInt8] = []
    swap(&piece, &buffer)
    hash.update(piece.span)
    try end.put(piece.span, at: offset)
    offset += piece.count
    piece.removeAll(keepingCapacity: true)
    swap(&piece, &buffer)
  }
}

/// Writes a package's files; each is on stable storage once it has ended.
package final class PackageWriter: PackageTarget {
  private let storage: any JournalStorage

  /// Makes the directories. Throws unless the package's own is empty.
  package init(_ storage: any JournalStorage) throws {
    if let found = try storage.list("")?.first { throw ExportError.notEmpty(found: found) }
    for directory in PackageLayout.directories where !directory.isEmpty {
      try storage.createDirectory(directory)
    }
    self.storage = storage
  }

  package func end(of path: String) throws -> any PackageEnd {
    WrittenEnd(try storage.open(path, .writing(.group)))
  }

  /// Makes the names durable.
  package func finish() throws {
    for directory in PackageLayout.directories.reversed() {
      try storage.synchronizeDirectory(directory)
    }
  }

  private final class WrittenEnd: PackageEnd {
    private let file: any JournalFile

    init(_ file: any JournalFile) { self.file = file }

    func put(_ bytes: Span<UInt8>, at offset: Int) throws { try file.write(bytes, at: offset) }
    func end(byteCount: Int) throws { try file.synchronize() }
  }
}

/// Holds what should be in a package's files against what is in them.
package final class PackageComparison: PackageTarget {
  private let storage: any JournalStorage
  private let skipped: Set<String>
  /// Paths of the files that should be there, and of those that were compared.
  package private(set) var expected: Set<String> = []
  package private(set) var compared: Set<String> = []

  /// - Parameter skipped: files that are not looked at.
  package init(_ storage: any JournalStorage, skipping skipped: Set<String> = []) {
    self.storage = storage
    self.skipped = skipped
  }

  package func end(of path: String) throws -> any PackageEnd {
    expected.insert(path)
    guard !skipped.contains(path) else { return IgnoredEnd() }
    compared.insert(path)
    do throws(StorageError) {
      return ComparedEnd(path, try storage.open(path, .reading))
    } catch {
      guard error.isMissing else { throw error }
      throw ExportRefusal(path, found: "no file", expected: "one")
    }
  }

  private final class IgnoredEnd: PackageEnd {
    func put(_ bytes: Span<UInt8>, at offset: Int) {}
    func end(byteCount: Int) {}
  }

  private final class ComparedEnd: PackageEnd {
    private let path: String
    private let file: any JournalFile
    private var buffer: [UInt8] = []
    private var lineCount = 0

    init(_ path: String, _ file: any JournalFile) {
      self.path = path
      self.file = file
    }

    func put(_ bytes: Span<UInt8>, at offset: Int) throws {
      if buffer.count < bytes.count { buffer = [UInt8](repeating: 0, count: bytes.count) }
      let count = try file.read(at: offset, into: &buffer, 0..<bytes.count)
      for index in 0..<count where buffer[index] != bytes[index] {
        throw difference(bytes, count, at: index, offset)
      }
      guard count == bytes.count else { throw difference(bytes, count, at: count, offset) }
      for index in 0..<count where bytes[index] == 0x0A { lineCount += 1 }
    }

    func end(byteCount: Int) throws {
      let found = try file.size()
      guard found == byteCount else {
        throw ExportRefusal(
          path, "line \(lineCount + 1)",
          found: "\(found - byteCount) bytes more than what follows from the entries",
          expected: "its end")
      }
    }

    private func difference(
      _ bytes: Span<UInt8>, _ count: Int, at index: Int, _ offset: Int
    ) -> ExportRefusal {
      var line = lineCount + 1
      for before in 0..<index where bytes[before] == 0x0A { line += 1 }
      let found = Excerpt.text(buffer.span.extracting(0..<count), around: index)
      return ExportRefusal(
        path, "line \(line), byte \(offset + index)", found: found,
        expected: Excerpt.text(bytes, around: index) + " as the entries say")
    }
  }
}

/// A piece of a line for a message.
enum Excerpt {
  private static let byteCount = 48

  /// The bytes about `index`, within its line, quoted; `the end` where there are none.
  static func text(_ bytes: Span<UInt8>, around index: Int) -> String {
    guard index < bytes.count else { return "the end" }
    var start = index
    while start > 0, index - start < byteCount / 2, bytes[start - 1] != 0x0A { start -= 1 }
    var end = index
    while end < bytes.count, end - index < byteCount, bytes[end] != 0x0A { end += 1 }
    let piece = [UInt8](copying: bytes.extracting(start..<end))
    return "\"" + TerminalText.escaped(String(decoding: piece, as: UTF8.self)) + "\""
  }
}
