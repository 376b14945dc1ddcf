import CZlib

/// Decodes gzip (RFC 1952), member after member, from spans of compressed bytes to spans of plain
/// ones: the only file over zlib.
///
/// Memory is zlib's window and state (about 44 KiB), whatever the ratio: a decompression bomb only
/// makes more calls. Zero bytes after a member are padding and skipped, as gzip(1) does.
@safe
struct GzipDecoder: ~Copyable {
  /// What one step did with its spans.
  struct Step {
    var consumed = 0
    var produced = 0
    /// Whether nothing but a new member may follow; false inside a member.
    var isBetweenMembers = false
    /// Why decoding cannot go on, in zlib's words.
    var failure: String?
  }

  // On the heap: zlib's state points back at its stream and refuses one that has moved.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isBetweenMembers = true
  private var memberCount = 0
  private let isReady: Bool

  init() {
    unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15: the largest window; 16 added: gzip framing only, no zlib or raw streams.
    isReady = unsafe vigil_inflate_init(stream, 15 + 16) == Z_OK
  }

  deinit {
    if isReady { unsafe inflateEnd(stream) }
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// Decodes from the start of `input` into the start of `output`, as far as both last.
  mutating func decode(_ input: ArraySlice<UInt8>, into output: inout MutableSpan<UInt8>) -> Step {
    guard isReady else { return Step(failure: "no memory for zlib's state") }
    var step = Step(isBetweenMembers: isBetweenMembers)
    if isBetweenMembers {
      if memberCount > 0 { skipPadding(input, &step) }
      guard step.consumed < input.count else { return step }
      isBetweenMembers = false
    }
    let code = inflate(input.dropFirst(step.consumed), into: &output, &step)
    switch code {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      memberCount += 1
      isBetweenMembers = true
      if unsafe inflateReset(stream) != Z_OK { step.failure = "zlib's state is lost" }
    default: step.failure = memberCount > 0 && step.produced == 0 ? trailingText : failureText(code)
    }
    step.isBetweenMembers = isBetweenMembers
    return step
  }

  private func skipPadding(_ input: ArraySlice<UInt8>, _ step: inout Step) {
    step.consumed = input.prefix { $0 == 0 }.count
  }

  private func inflate(
    _ input: ArraySlice<UInt8>, into output: inout MutableSpan<UInt8>, _ step: inout Step
  ) -> Int32 {
    // SAFETY: zlib stays within avail_in and avail_out, set to the lengths of the two buffers, which
    // outlive the call; next_in is only read from, whatever its type says.
    unsafe input.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        unsafe stream.pointee.avail_in = UInt32(clamping: source.count)
        unsafe stream.pointee.next_out = target.baseAddress
        unsafe stream.pointee.avail_out = UInt32(clamping: target.count)
        let code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
        unsafe step.consumed += source.count - Int(stream.pointee.avail_in)
        unsafe step.produced = target.count - Int(stream.pointee.avail_out)
        return code
      }
    }
  }

  private var trailingText: String { "found bytes that begin no gzip member after the last one" }

  private func failureText(_ code: Int32) -> String {
    // SAFETY: zlib's message, where there is one, is a constant terminated string.
    guard let message = unsafe stream.pointee.msg else { return "zlib error \(code)" }
    return unsafe String(cString: message)
  }
}
