/// A client's `traceparent` (W3C Trace Context, section 3.2.2).
enum APITraceContext {
  /// The trace id; nil unless there is exactly one such header and it is well-formed: two lower-case
  /// hexadecimal digits other than `ff`, 32 that are not all zero, 16 that are not all zero, two, each
  /// after a dash. Version 00 has nothing behind them; later ones may, after another dash.
  static func traceID(_ headers: HTTPHeaders) -> String? {
    guard let value = headers.onlyValue("traceparent"), value.utf8.count <= 256 else { return nil }
    let parts = value.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count >= 4, isHex(parts[0], count: 2), !parts[0].elementsEqual("ff".utf8),
      isHex(parts[1], count: 32), isSet(parts[1]), isHex(parts[2], count: 16), isSet(parts[2]),
      isHex(parts[3], count: 2), parts.count == 4 || !parts[0].elementsEqual("00".utf8)
    else { return nil }
    return String(Substring(parts[1]))
  }

  private static func isHex(_ text: Substring.UTF8View, count: Int) -> Bool {
    text.count == count
      && text.allSatisfy { $0 &- UInt8(ascii: "0") < 10 || $0 &- UInt8(ascii: "a") < 6 }
  }

  private static func isSet(_ text: Substring.UTF8View) -> Bool {
    text.contains { $0 != UInt8(ascii: "0") }
  }
}
