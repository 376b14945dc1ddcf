package import Ingest

/// Who asks, as a credential that was checked says. Nobody else says who somebody is.
package struct Identity: Sendable, Equatable {
  /// The subject: what every record names. Not empty, at most 256 bytes, no control characters.
  package var principal: String
  package var principalType: PrincipalType
  /// Who vouches: the provider's issuer URL, or `vigil` for tokens of our own.
  package var issuer: String?
  /// As the credential states them, each once, in the order stated; at most 256.
  package var groups: [String] = []
  package var email: String?
  /// IANA time zone of the principal, as the provider states it.
  package var zone: String?
  package var credential: DecisionRecord.Credential
  /// Names the credential in records: never the secret, nothing that a secret can be guessed from.
  package var credentialID: String?
  /// What the credential is good for, as `run:trigger:etl` or `run:view`; nil for all that the policy
  /// allows its principal. Only ever narrows.
  package var scopes: [String]?

  package init(
    principal: String, principalType: PrincipalType, credential: DecisionRecord.Credential
  ) {
    self.principal = principal
    self.principalType = principalType
    self.credential = credential
  }
}

/// What came of looking at a request's credentials.
package enum Authentication: Sendable, Equatable {
  /// The credential counts; with what it vouches for about the request, which only the gateway's own
  /// assertion does.
  case authenticated(Identity, RequestOrigin?)
  /// There was no credential at all.
  case anonymous
  /// There was one, and it does not count.
  case refused(CredentialRefusal)
}

/// What the gateway knew of a request that it passed on.
package struct RequestOrigin: Sendable, Equatable {
  /// Minted at the edge; joins every record about the request.
  package var requestID: String
  /// W3C trace id, 32 hex digits.
  package var traceID: String?
  package var remoteIP: String?

  package init(requestID: String) { self.requestID = requestID }
}

/// Why a credential does not count: for the record, never for the wire in full.
package struct CredentialRefusal: Error, Sendable, Equatable {
  /// One word a reader can count by: `expired`, `not_yet_valid`, `wrong_audience`, `bad_signature`,
  /// `unknown_key`, `algorithm_refused`, `malformed`, `too_long`, `revoked`, `rotated_away`, `unknown`,
  /// `replayed`, `id_token`, `cross_site`, `store_unavailable`, `provider_unreachable`.
  package var reason: String
  /// Facts for the record, escaped and cut; no secret.
  package var detail: String?
  package var credential: DecisionRecord.Credential?
  package var credentialID: String?
  /// Whose credential it is, where that is known for sure (an expired token of ours): an unchecked
  /// claim does not count.
  package var principal: String?

  /// What keeps us from looking, when it is our side and not the credential: it may count later.
  package var obstacle: String? {
    switch reason {
    case "provider_unreachable": "the identity provider cannot be reached to check the credential"
    case "store_unavailable": "the token file cannot be read to check the credential"
    default: nil
    }
  }

  package init(
    _ reason: String, _ detail: String? = nil, credential: DecisionRecord.Credential? = nil
  ) {
    self.reason = reason
    self.detail = detail
    self.credential = credential
  }
}

/// Looks at the credentials of one kind. Two or more stand one behind the other: assertions, service
/// tokens, bearer JWTs, sessions.
package protocol CredentialChecker: Sendable {
  /// - Returns: `.anonymous` when the request carries no credential of this kind.
  func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication
}
