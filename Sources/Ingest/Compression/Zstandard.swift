import CZstandard

// The one file over libzstd (1.4.0 and later). A libzstd without memory for a context leaves
// nothing to go on with: those are preconditions, as with libcrypto.

/// Makes Zstandard frames (RFC 8878), each on its own, with content size and checksum.
@safe struct ZstandardCompressor: ~Copyable {
  private let context: OpaquePointer
  private var buffer: [UInt8] = []

  /// - Parameter level: 1 (fast) to 19 (small).
  init(level: Int) {
    // SAFETY: libzstd owns the context until deinit frees it; nil is refused here.
    guard let context = unsafe ZSTD_createCCtx() else {
      preconditionFailure("libzstd has no memory for a context")
    }
    unsafe self.context = context
    set(ZSTD_c_compressionLevel, Int32(level))
    set(ZSTD_c_checksumFlag, 1)
  }

  deinit {
    // SAFETY: made in init, freed once; nobody else holds it.
    unsafe ZSTD_freeCCtx(context)
  }

  private func set(_ parameter: ZSTD_cParameter, _ value: Int32) {
    // SAFETY: the context is alive as long as self.
    let code = unsafe ZSTD_CCtx_setParameter(context, parameter, value)
    precondition(ZSTD_isError(code) == 0, "zstd parameter \(parameter.rawValue) \(value)")
  }

  /// Appends one frame with these bytes.
  mutating func appendFrame(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    let bound = ZSTD_compressBound(bytes.count)
    if buffer.count < bound { buffer = [UInt8](repeating: 0, count: bound) }
    // SAFETY: both pointers are valid for the call and for the counts that go with them.
    let count = unsafe buffer.withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_compress2(
          context, target.baseAddress, target.count, source.baseAddress, source.count)
      }
    }
    precondition(ZSTD_isError(count) == 0, "zstd found no memory to compress \(bytes.count) bytes")
    output.append(contentsOf: buffer[..<count])
  }
}

/// Reads Zstandard frames from outside.
@safe struct ZstandardDecompressor: ~Copyable {
  private let context: OpaquePointer

  init() {
    // SAFETY: libzstd owns the context until deinit frees it; nil is refused here.
    guard let context = unsafe ZSTD_createDCtx() else {
      preconditionFailure("libzstd has no memory for a context")
    }
    unsafe self.context = context
  }

  deinit {
    // SAFETY: made in init, freed once; nobody else holds it.
    unsafe ZSTD_freeDCtx(context)
  }

  /// Fills `output` from a frame; false unless that gives exactly `output.count` bytes.
  ///
  /// Memory is bounded by the output: libzstd decodes into it, whatever the frame claims.
  mutating func decompress(_ frame: Span<UInt8>, into output: inout [UInt8]) -> Bool {
    // SAFETY: both pointers are valid for the call and for the counts that go with them.
    let count = unsafe output.withUnsafeMutableBytes { target in
      unsafe frame.withUnsafeBytes { source in
        unsafe ZSTD_decompressDCtx(
          context, target.baseAddress, target.count, source.baseAddress, source.count)
      }
    }
    return ZSTD_isError(count) == 0 && count == output.count
  }
}
