/// What the access policy said about a request.
package struct DecisionRecord: Sendable, Equatable {
  package enum Effect: String, Sendable, CaseIterable, Codable { case permit, deny, hold }

  /// How the principal proved who it is.
  package enum Credential: String, Sendable, CaseIterable {
    case oidc, session
    case serviceToken = "service_token"
  }

  package var requestID: String?
  package var principal: String?
  package var principalType: PrincipalType?
  package var issuer: String?
  package var groups: [String] = []
  /// `run:trigger`, `run:kill`, `run:view`, `approval:give`, …
  package var action: String?
  package var job: String?
  package var effect: Effect
  /// The policy rule that decided.
  package var rule: String?
  package var reason: String?
  /// SHA-256 of the policy's text, hex.
  package var policySHA256: String?
  package var credential: Credential?
  /// Names the credential; never the secret.
  package var credentialID: String?

  package init(effect: Effect) { self.effect = effect }

  func encode(to writer: inout JSONWriter) {
    writer.field("request_id", requestID)
    writer.field("principal", principal)
    writer.field("principal_type", principalType?.rawValue)
    writer.field("issuer", issuer)
    writer.field("groups", groups)
    writer.field("action", action)
    writer.field("job", job)
    writer.field("effect", effect.rawValue)
    writer.field("rule", rule)
    writer.field("reason", reason)
    writer.field("policy_sha256", policySHA256)
    writer.field("credential", credential?.rawValue)
    writer.field("credential_id", credentialID)
  }

  init(from reader: RecordReader) throws(RecordError) {
    requestID = try reader.string("request_id")
    principal = try reader.string("principal")
    principalType = try reader.enumeration("principal_type")
    issuer = try reader.string("issuer")
    groups = try reader.strings("groups")
    action = try reader.string("action")
    job = try reader.string("job")
    effect = try reader.requiredEnumeration("effect")
    rule = try reader.string("rule")
    reason = try reader.string("reason")
    policySHA256 = try reader.string("policy_sha256")
    credential = try reader.enumeration("credential")
    credentialID = try reader.string("credential_id")
  }

  mutating func cutToLimits() {
    FieldLimit.identifier.cut(&requestID, &principal, &issuer, &action, &job, &rule)
    FieldLimit.identifier.cut(&policySHA256, &credentialID)
    FieldLimit.text.cut(&reason)
    FieldLimit.list.cut(&groups)
  }
}
