/// The plain bytes of a gzip stream that is read piece by piece.
package struct GzipReader: ~Copyable {
  /// Compressed bytes asked for at once.
  package static let inputByteCount = 64 << 10

  private let path: String
  private var decoder = GzipDecoder()
  private var input = [UInt8](repeating: 0, count: GzipReader.inputByteCount)
  private var inputStart = 0
  private var inputEnd = 0
  private var isBetweenMembers = true
  /// Compressed bytes decoded, and plain bytes they gave.
  private(set) var compressedOffset = 0
  private(set) var decompressedOffset = 0
  /// Compressed bytes taken from the source: where its next ones lie.
  private(set) var fetchedOffset = 0

  /// - Parameter head: bytes already taken from the source, at most `inputByteCount`.
  package init(path: String, head: ArraySlice<UInt8> = []) {
    self.path = path
    precondition(head.count <= input.count, "a head of \(head.count) bytes")
    input.replaceSubrange(0..<head.count, with: head)
    inputEnd = head.count
    fetchedOffset = head.count
  }

  /// Reads plain bytes into `output`; `source` is called for compressed ones and told
  /// the offset of those it is to give. 0 at the end.
  ///
  /// Throws `gzipTruncated` or `gzipCorrupt` once everything before the fault has been given.
  package mutating func read(
    into output: inout MutableSpan<UInt8>,
    from source: (inout MutableSpan<UInt8>, _ offset: Int) throws(InputError) -> Int
  ) throws(InputError) -> Int {
    while true {
      let step = decoder.decode(input[inputStart..<inputEnd], into: &output)
      inputStart += step.consumed
      compressedOffset += step.consumed
      decompressedOffset += step.produced
      isBetweenMembers = step.isBetweenMembers
      if step.produced > 0 { return step.produced }
      if let reason = step.failure { throw corrupt(reason) }
      if inputStart == inputEnd, try !refill(source) { return 0 }
    }
  }

  /// False at the end of the source, which must lie between members.
  private mutating func refill(
    _ source: (inout MutableSpan<UInt8>, _ offset: Int) throws(InputError) -> Int
  ) throws(InputError) -> Bool {
    let offset = fetchedOffset
    var space = input.mutableSpan
    inputEnd = try source(&space, offset)
    inputStart = 0
    fetchedOffset += inputEnd
    if inputEnd > 0 { return true }
    guard isBetweenMembers else {
      throw .gzipTruncated(
        path: path, compressedOffset: compressedOffset, decompressedOffset: decompressedOffset)
    }
    return false
  }

  private func corrupt(_ reason: String) -> InputError {
    .gzipCorrupt(
      path: path, compressedOffset: compressedOffset, decompressedOffset: decompressedOffset,
      reason: reason)
  }
}
