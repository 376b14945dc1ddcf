package import Ingest

/// An OpenID provider, and what this program is to it: the configuration's `oidc`.
///
///     oidc: {
///       issuer: "https://id.example.com/realms/main",
///       client_id: "vigil", client_secret: "file:/etc/vigil/oidc-secret",
///       scopes: ["openid", "email", "profile"], client_authentication: "automatic",
///       claims: { principal: "sub", groups: "groups", email: "email", zone: "zoneinfo",
///                 service_principal: ["client_id", "azp"] },
///       audiences: ["vigil"], client_for_audience: false,
///       leeway: "60s", timeout: "5s", authority_file: "/etc/vigil/ca.pem", userinfo: false,
///     }
package struct OIDCSettings: Sendable, Equatable {
  /// How the client proves itself at the token endpoint.
  package enum ClientAuthentication: String, Sendable, CaseIterable {
    /// What the provider says it takes: `basic` before `post`.
    case automatic
    case basic, post
    /// A public client, without a secret.
    case none
  }

  /// As the provider writes it, but for a slash at its end.
  package var issuer: String
  package var clientID: String
  /// Where the secret is; whoever puts the process together resolves it. Nil for a public client.
  package var clientSecretReference: SecretReference?
  package var clientAuthentication = ClientAuthentication.automatic
  package var scopes = ["openid", "email", "profile"]
  package var claims = ClaimMapping()
  /// For whom bearer tokens must be; the client's own id by default.
  package var audiences: [String]
  /// Takes a bearer token without an audience whose `azp` or `client_id` is one of `audiences`.
  package var takesClientForAudience = false
  /// Difference of clocks, in seconds.
  package var leewaySeconds = 60.0
  /// For each request to the provider.
  package var timeout: Duration = .seconds(5)
  /// PEM file of the authorities to trust for the provider.
  package var authorityFile: String?
  /// Asks the userinfo endpoint too, for providers whose ID tokens say little.
  package var asksUserinfo = false

  package init(issuer: String, clientID: String) {
    self.issuer = issuer
    self.clientID = clientID
    audiences = [clientID]
  }

  /// Reads the configuration's object.
  package init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let issuer = try reader.required("issuer", .string)
    guard OIDCSettings.isWebAddress(issuer) else {
      throw reader.error("issuer", "found \(ForeignText.quoted(issuer)): expected an http(s) URL")
    }
    guard OIDCSettings.isProtected(issuer) else {
      throw reader.error(
        "issuer", "found \(ForeignText.quoted(issuer)): expected https beyond this machine")
    }
    self.init(issuer: issuer, clientID: try reader.required("client_id", .string))
    clientSecretReference = try reader.secret("client_secret")
    clientAuthentication = try reader.value(
      "client_authentication", .oneOf(ClientAuthentication.self), default: .automatic)
    scopes = try reader.value("scopes", .strings, default: scopes)
    guard scopes.contains("openid") else {
      throw reader.error("scopes", "expected \"openid\" among them")
    }
    audiences = try reader.value("audiences", .strings, default: audiences)
    takesClientForAudience = try reader.value("client_for_audience", .boolean, default: false)
    let leeway: Duration = try reader.value(
      "leeway", .duration(in: .zero ... .seconds(300)), default: .seconds(60))
    leewaySeconds = leeway / .seconds(1)
    timeout = try reader.value(
      "timeout", .duration(in: .milliseconds(100) ... .seconds(30)), default: timeout)
    authorityFile = try reader.optional("authority_file", .string)
    asksUserinfo = try reader.value("userinfo", .boolean, default: false)
    claims = try reader.object("claims", ClaimMapping.init(from:)) ?? claims
  }

  /// What bearer tokens must say.
  package var bearerRules: JWTRules {
    var rules = JWTRules(issuer: issuer, audiences: audiences)
    rules.leewaySeconds = leewaySeconds
    rules.takesClientForAudience = takesClientForAudience
    return rules
  }

  /// What ID tokens of a login must say: they are for the client itself.
  var identityRules: JWTRules {
    var rules = JWTRules(issuer: issuer, audiences: [clientID])
    rules.leewaySeconds = leewaySeconds
    return rules
  }

  /// Whether what goes to an address cannot be read or changed on the way: TLS, or this machine.
  package static func isProtected(_ address: String) -> Bool {
    guard address.hasPrefix("http://") else { return address.hasPrefix("https://") }
    let host = address.dropFirst("http://".count).prefix { $0 != "/" }
    return ["127.0.0.1", "localhost", "[::1]"].contains { name in
      host == name || host.hasPrefix(name + ":")
    }
  }

  /// Whether a text is an absolute address without user, query and fragment.
  package static func isWebAddress(_ text: String) -> Bool {
    let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) }
    guard let rest, let first = rest.utf8.first, first != UInt8(ascii: "/") else { return false }
    return rest.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && !Array("?#@\\\"<>".utf8).contains(byte)
    }
  }
}

extension ClaimMapping {
  /// Reads the configuration's `claims`.
  package init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    principal = try reader.value("principal", .string, default: principal)
    servicePrincipal = try reader.value(
      "service_principal", .strings, default: servicePrincipal)
    groups = try reader.value("groups", .string, default: groups)
    email = try reader.value("email", .string, default: email)
    zone = try reader.value("zone", .string, default: zone)
  }
}
