/// A request that no handler sees, and what its sender is told.
package struct RequestRefusal: Error, Equatable {
  /// For a body beyond the limit.
  static let contentTooLarge = "content too large"

  package let response: HTTPResponse
  /// What is wrong, the answer's text.
  let reason: String

  init(_ status: HTTPStatus, _ line: String) {
    response = .text(status, line)
    reason = line
  }
}

/// Judges the request line and headers.
///
/// Stricter than the library where sender, gateway and server could read one message in two ways
/// (request smuggling, RFC 9112 section 11.2): two lengths, a length next to a transfer coding, a
/// coding other than `chunked`, names that are no tokens.
package enum RequestHead {
  /// Takes method, target and fields as the library split them.
  package static func judge(
    method: [UInt8], target: [UInt8], fields: [RawField], peer: HTTPPeer, limits: HTTPLimits
  ) -> Result<HTTPRequest, RequestRefusal> {
    do throws(RequestRefusal) {
      let headers = try headers(fields, limits)
      try checkFraming(headers, limits)
      guard let method = HTTPMethod(rawValue: String(decoding: method, as: UTF8.self)) else {
        throw RequestRefusal(.badRequest, "method is not a token of at most 32 bytes")
      }
      return .success(
        HTTPRequest(method: method, target: try readTarget(target), headers: headers, peer: peer))
    } catch {
      return .failure(error)
    }
  }

  private static func readTarget(_ bytes: [UInt8]) throws(RequestRefusal) -> HTTPTarget {
    do {
      return try HTTPTarget(bytes)
    } catch .tooLong {
      throw RequestRefusal(.targetTooLong, "target too long")
    } catch {
      throw RequestRefusal(.badRequest, "target is not a valid path and query")
    }
  }

  private static func headers(
    _ fields: [RawField], _ limits: HTTPLimits
  ) throws(RequestRefusal) -> HTTPHeaders {
    guard fields.count <= limits.headerCountMax else {
      throw RequestRefusal(.headersTooLarge, "more than \(limits.headerCountMax) header fields")
    }
    var headers = HTTPHeaders()
    for field in fields {
      let isToken = !field.name.isEmpty && field.name.allSatisfy(HTTPSyntax.isTokenByte)
      let isClean = field.value.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
      guard isToken, isClean else { throw RequestRefusal(.badRequest, "malformed header field") }
      headers.append(String(decoding: field.name, as: UTF8.self), HTTPSyntax.text(field.value))
    }
    guard headers.values("Host").count <= 1 else {
      throw RequestRefusal(.badRequest, "more than one host")
    }
    return headers
  }

  private static func checkFraming(
    _ headers: HTTPHeaders, _ limits: HTTPLimits
  ) throws(RequestRefusal) {
    let lengths = headers.values("Content-Length")
    let codings = headers.values("Transfer-Encoding")
    guard lengths.count + codings.count <= 1 else {
      throw RequestRefusal(.badRequest, "more than one message length")
    }
    if let coding = codings.first, !HTTPSyntax.equalIgnoringCase(coding, "chunked") {
      throw RequestRefusal(.notImplemented, "transfer coding other than chunked")
    }
    let expectations = headers.values("Expect")
    guard expectations.allSatisfy({ HTTPSyntax.equalIgnoringCase($0, "100-continue") }) else {
      throw RequestRefusal(.expectationFailed, "expectation other than 100-continue")
    }
    if let length = lengths.first.flatMap({ UInt64($0) }) {
      try checkLength(length, isAwaited: !expectations.isEmpty, limits)
    }
  }

  /// A peer that waits for a go-ahead, or means to send more than would be read away, is told at
  /// once; others when their body is through, since an answer in front of unread bytes is often lost.
  private static func checkLength(
    _ length: UInt64, isAwaited: Bool, _ limits: HTTPLimits
  ) throws(RequestRefusal) {
    let most = UInt64(limits.bodyByteCountMax)
    guard length > most else { return }
    if isAwaited || length > 2 * most {
      throw RequestRefusal(.contentTooLarge, RequestRefusal.contentTooLarge)
    }
  }
}
