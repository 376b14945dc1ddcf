import Ingest

/// The client's request as the proxy in front reports it to `/auth/verify`.
package struct ForwardedRequest: Sendable {
  /// With the client's method, target and headers, without those of the proxy.
  package let request: HTTPRequest
  /// The proxy's, or one of ours: 8 to 128 unreserved characters and colons.
  package let requestID: String
  /// W3C trace id, 32 hex digits.
  package let traceID: String?
  /// The client's address, as the proxy saw it.
  package let remoteIP: String?

  /// Why a report is not believed.
  package struct Fault: Error, Equatable {
    /// The request's id, where there is exactly one.
    package var requestID: String?
    /// What is wrong, without anything that the client wrote.
    package var problem: String
  }

  /// Reads the report: each field once, or the request is refused, since with two it is open which one
  /// the proxy wrote and which the client.
  ///
  /// - Parameter mintedID: for proxies that mint none.
  package init(_ report: HTTPRequest, mintedID: String) throws(Fault) {
    let headers = report.headers
    let ids = headers.values("X-Request-Id")
    guard ids.count <= 1, ids.allSatisfy(ForwardedRequest.isRequestID) else {
      throw Fault(
        requestID: nil, problem: "x-request-id: expected one of 8 to 128 plain characters")
    }
    let requestID = ids.first ?? mintedID
    self.requestID = requestID
    func only(_ name: String, isNeeded: Bool) throws(Fault) -> String? {
      let values = headers.values(name)
      guard values.count == 1 || values.isEmpty && !isNeeded else {
        throw Fault(requestID: requestID, problem: "\(name.lowercased()): \(values.count) fields")
      }
      return values.first
    }
    guard let method = HTTPMethod(rawValue: try only("X-Forwarded-Method", isNeeded: true) ?? "")
    else { throw Fault(requestID: requestID, problem: "x-forwarded-method: no method") }
    let uri = try only("X-Forwarded-Uri", isNeeded: true) ?? ""
    let target: HTTPTarget
    do { target = try HTTPTarget(Array(uri.utf8)) } catch {
      throw Fault(requestID: requestID, problem: "x-forwarded-uri: no path and query")
    }
    guard uri.hasPrefix("/") else {
      throw Fault(requestID: requestID, problem: "x-forwarded-uri: no path")
    }
    remoteIP = try only("X-Forwarded-For", isNeeded: false)
    guard remoteIP.map(ForwardedRequest.isAddress) ?? true else {
      throw Fault(requestID: requestID, problem: "x-forwarded-for: expected one address")
    }
    _ = try only("X-Forwarded-Host", isNeeded: false)
    _ = try only("X-Forwarded-Proto", isNeeded: false)
    traceID = headers.onlyValue("Traceparent").flatMap(ForwardedRequest.traceID)
    request = HTTPRequest(
      method: method, target: target, headers: ForwardedRequest.clientHeaders(headers),
      peer: report.peer)
  }

  private static func clientHeaders(_ headers: HTTPHeaders) -> HTTPHeaders {
    var kept = HTTPHeaders()
    for field in headers.fields {
      let name = field.name.lowercased()
      guard !name.hasPrefix("x-forwarded-"), !name.hasPrefix("remote-"),
        !name.hasPrefix("x-vigil-")
      else { continue }
      kept.append(field.name, field.value)
    }
    return kept
  }

  static func isRequestID(_ text: String) -> Bool {
    (8...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { FormText.isUnreserved($0) || $0 == UInt8(ascii: ":") }
  }

  /// The characters of an IPv4 or IPv6 address.
  static func isAddress(_ text: String) -> Bool {
    (2...45).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") || JSONEscape.hexDigit(byte) != nil
      }
  }

  /// The trace id of a traceparent (W3C Trace Context section 3.2).
  static func traceID(_ text: String) -> String? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].utf8.count == 2, parts[1].utf8.count == 32,
      parts[1].utf8.allSatisfy({ JSONEscape.hexDigit($0) != nil }),
      parts[1].utf8.contains(where: { $0 != UInt8(ascii: "0") })
    else { return nil }
    return parts[1].lowercased()
  }
}
