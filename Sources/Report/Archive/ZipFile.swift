import CZip

/// Why a zip archive could not be written or read.
package struct ZipError: Error, Hashable, Sendable, CustomStringConvertible {
  package let path: String
  package let operation: String
  /// libzip's own words.
  package let problem: String

  package var description: String {
    "\(path): \(operation): found \(problem), expected a zip archive"
  }
}

/// A new zip archive of files on disk. With `ZipReader` the one file over libzip (1.7 and later).
///
/// Every entry has the same time (1980-01-01 00:00:00) and mode (0644), and is deflated: the same files
/// in the same order give the same bytes under the same versions of libzip and zlib.
@safe final class ZipWriter {
  private let path: String
  private let handle: OpaquePointer
  private var isOpen = true
  private static let level: UInt32 = 6
  private static let mode: UInt32 = 0o100_644 << 16
  /// 1980-01-01, the first day that the format knows.
  private static let date: UInt16 = 1 << 5 | 1

  /// Makes the archive, which appears under its name when it is finished. Throws where one is.
  init(making path: String) throws(ZipError) {
    self.path = path
    unsafe handle = try ZipHandle.open(path, ZIP_CREATE | ZIP_EXCL)
  }

  deinit {
    // SAFETY: opened in init, and not closed by `finish`; nothing is written.
    if isOpen { unsafe zip_discard(handle) }
  }

  /// Puts a file into the archive; it is read when the archive is finished.
  ///
  /// - Parameter name: of plain characters, parted by `/`.
  func add(_ name: String, from file: String) throws(ZipError) {
    // SAFETY: handle and texts are alive for the calls, which copy them; the archive owns the source
    // once it was added.
    guard let source = unsafe zip_source_file(handle, file, 0, -1) else { throw error(name) }
    let index = unsafe zip_file_add(handle, name, source, 0)
    guard index >= 0 else {
      unsafe zip_source_free(source)
      throw error(name)
    }
    let entry = UInt64(index)
    guard unsafe zip_set_file_compression(handle, entry, ZIP_CM_DEFLATE, Self.level) == 0,
      unsafe zip_file_set_dostime(handle, entry, 0, Self.date, 0) == 0,
      unsafe zip_file_set_external_attributes(handle, entry, 0, 3, Self.mode) == 0
    else { throw error(name) }
  }

  /// Writes the archive. Not yet on stable storage.
  func finish() throws(ZipError) {
    // SAFETY: open until here; a failed close leaves it open.
    guard unsafe zip_close(handle) == 0 else { throw error("write") }
    isOpen = false
  }

  private func error(_ operation: String) -> ZipError {
    // SAFETY: the text lives until the next call on the handle, and is copied before.
    ZipError(
      path: path, operation: operation, problem: unsafe String(cString: zip_strerror(handle)))
  }
}

/// An archive from anywhere, read entry by entry.
@safe final class ZipReader {
  /// What the archive says of an entry. Nothing of it is checked yet.
  struct Entry {
    let name: String
    /// Bytes when unpacked, as stated.
    let byteCount: Int
    /// Deflated or stored, and not encrypted.
    let isReadable: Bool
  }

  private let path: String
  private let handle: OpaquePointer

  init(_ path: String) throws(ZipError) {
    self.path = path
    unsafe handle = try ZipHandle.open(path, ZIP_RDONLY | ZIP_CHECKCONS)
  }

  deinit {
    // SAFETY: opened in init, closed once; entries are closed by who opened them.
    unsafe zip_discard(handle)
  }

  /// SAFETY of this call and those below: the handle lives as long as the reader.
  var count: Int { Int(clamping: unsafe zip_get_num_entries(handle, 0)) }

  /// - Parameter index: below `count`.
  func entry(_ index: Int) throws(ZipError) -> Entry {
    var stat = unsafe zip_stat_t()
    // SAFETY: the name lives as long as the handle, and is copied here.
    guard unsafe zip_stat_index(handle, UInt64(index), 0, &stat) == 0,
      let name = unsafe stat.name.map({ unsafe String(cString: $0) }),
      let byteCount = unsafe Int(exactly: stat.size)
    else { throw error("entry \(index)") }
    let isKnown = unsafe stat.comp_method == UInt16(ZIP_CM_DEFLATE) || stat.comp_method == 0
    return Entry(
      name: name, byteCount: byteCount,
      isReadable: unsafe isKnown && stat.encryption_method == UInt16(ZIP_EM_NONE))
  }

  /// Hands over the bytes of an entry in pieces; its checksum is compared at the end.
  ///
  /// Throws at more bytes than `byteCount` too.
  func read(_ index: Int, byteCount: Int, _ body: (Span<UInt8>) throws -> Void) throws {
    guard let file = unsafe zip_fopen_index(handle, UInt64(index), 0) else {
      throw error("entry \(index)")
    }
    // SAFETY: opened above, closed once.
    defer { unsafe zip_fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var rest = byteCount
    while true {
      let count = Int(
        unsafe buffer.withUnsafeMutableBytes {
          unsafe zip_fread(file, $0.baseAddress, UInt64($0.count))
        })
      if count == 0, rest == 0 { return }
      guard (1...max(rest, 1)).contains(count), rest > 0 else {
        let problem = unsafe String(cString: zip_file_strerror(file))
        throw ZipError(
          path: path, operation: "entry \(index)",
          problem: count < 0 ? problem : "other than the \(byteCount) bytes it states")
      }
      try body(buffer.span.extracting(0..<count))
      rest -= count
    }
  }

  private func error(_ operation: String) -> ZipError {
    // SAFETY: the text lives until the next call on the handle, and is copied before.
    ZipError(
      path: path, operation: operation, problem: unsafe String(cString: zip_strerror(handle)))
  }
}

/// Opening, which both directions share.
private enum ZipHandle {
  static func open(_ path: String, _ flags: Int32) throws(ZipError) -> OpaquePointer {
    var code: Int32 = 0
    // SAFETY: the path is alive for the call; whoever gets the handle closes it.
    if let handle = unsafe zip_open(path, flags, &code) { return unsafe handle }
    var reason = unsafe zip_error_t()
    unsafe zip_error_init_with_code(&reason, code)
    // SAFETY: the text lives until the error is ended, and is copied before.
    let problem = unsafe String(cString: zip_error_strerror(&reason))
    unsafe zip_error_fini(&reason)
    throw ZipError(path: path, operation: "open", problem: problem)
  }
}
