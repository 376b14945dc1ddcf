/// W3C Trace Context, section 3.2: `version-traceid-parentid-flags`.
enum TraceParent {
  /// The trace id of a `traceparent` value; nil when it is malformed.
  static func traceID(_ text: String) -> String? {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].count == 2, isTraceID(parts[1]) else { return nil }
    return String(Substring(parts[1]))
  }

  /// 32 lower-case hexadecimal digits, not all zero.
  static func isTraceID(_ text: some Collection<UInt8>) -> Bool {
    guard text.count == 32 else { return false }
    var isZero = true
    for byte in text {
      guard JSONEscape.hexDigit(byte) != nil, byte &- UInt8(ascii: "A") >= 26 else { return false }
      if byte != UInt8(ascii: "0") { isZero = false }
    }
    return !isZero
  }
}
