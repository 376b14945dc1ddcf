/// Saved bytes as one Zstandard frame (RFC 8878) with a checksum.
package enum StateFrame {
  /// Bytes of the frame. The same bytes give the same frame with the same libzstd.
  package static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var compressor = ZstandardCompressor(level: 3)
    var frame: [UInt8] = []
    compressor.appendFrame(bytes.span, to: &frame)
    return frame
  }

  /// The `byteCount` bytes of a frame; nil unless it has just so many. Memory: `byteCount`.
  package static func decompressed(_ frame: Span<UInt8>, byteCount: Int) -> [UInt8]? {
    var decompressor = ZstandardDecompressor()
    var bytes = [UInt8](repeating: 0, count: byteCount)
    return decompressor.decompress(frame, into: &bytes) ? bytes : nil
  }
}
