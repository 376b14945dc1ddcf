package import Ingest

/// Credential checkers one behind the other: assertion, service token, bearer JWT, session.
///
/// The first that finds a credential of its kind decides, also when it refuses it: whoever shows a bad
/// credential does not get another try with the next one. An `Authorization` that none of them knows is
/// refused (`unknown`): it is not nothing.
package struct CredentialChain: CredentialChecker {
  private let checkers: [any CredentialChecker]

  package init(_ checkers: [any CredentialChecker]) { self.checkers = checkers }

  package func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication {
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
