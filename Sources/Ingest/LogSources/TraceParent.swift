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

  /// Where the trace id of a `traceparent` value stands; nil when it is malformed.
  static func traceIDRange(_ text: Span<UInt8>) -> Range<Int>? {
    let dash = UInt8(ascii: "-")
    guard text.count > 36, text[0] != dash, text[1] != dash, text[2] == dash, text[35] == dash,
      isTraceID(text.extracting(3..<35))
    else { return nil }
    // Four parts at least: one more dash.
    for index in 36..<text.count where text[index] == dash { return 3..<35 }
    return nil
  }

  /// 32 lower-case hexadecimal digits, not all zero.
  static func isTraceID(_ text: Span<UInt8>) -> Bool {
    guard text.count == 32 else { return false }
    var isZero = true
    for index in text.indices {
      let byte = text[index]
      guard byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 6 else { return false }
      if byte != UInt8(ascii: "0") { isZero = false }
    }
    return !isZero
  }
}
