import Ingest

/// Several checkers, one behind the other: the first that finds a credential of its kind decides.
struct CredentialChain: CredentialChecker {
  private let checkers: [any CredentialChecker]

  init(_ checkers: [any CredentialChecker]) { self.checkers = checkers }

  /// `.refused("unknown")` for an `Authorization` that no checker knows: it is not nothing.
  func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication {
    for checker in checkers {
      let answer = await checker.authenticate(request, at: now)
      if answer != .anonymous { return answer }
    }
    guard request.headers["Authorization"] == nil else {
      return .refused(CredentialRefusal("unknown", "authorization of no known kind"))
    }
    return .anonymous
  }
}

/// Says what a request is about, in the policy's words.
package protocol ActionMapping: Sendable {
  /// - Parameters:
  ///   - method: the client's.
  ///   - target: the client's, path and query.
  /// - Returns: the action and the job; no action where nothing is routed; `isPublic` for what nobody
  ///   has to show a credential for.
  func action(
    method: HTTPMethod, target: HTTPTarget
  ) -> (action: String?, job: String?, isPublic: Bool)
}
