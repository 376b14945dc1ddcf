import GatewayAndScheduler
import Ingest
import Testing

@Suite struct ClaimMappingTests {
  private func identity(
    _ claims: String, _ mapping: ClaimMapping = ClaimMapping()
  ) throws -> Identity {
    try mapping.identity(
      JSONFields(Array(claims.utf8)), issuer: "https://id.test", credential: .oidc)
  }

  @Test func `groups come as a list or as one text with commas`() throws {
    let list = try identity(#"{"sub":"a","groups":["x","y, z","x",""]}"#)
    #expect(list.groups == ["x", "y, z"])
    let text = try identity(#"{"sub":"a","groups":"x, y,,x , z"}"#)
    #expect(text.groups == ["x", "y", "z"])
    #expect(try identity(#"{"sub":"a","groups":null}"#).groups.isEmpty)
    #expect(try identity(#"{"sub":"a"}"#).groups.isEmpty)
  }

  @Test func `claims of other names and inside objects are found`() throws {
    var mapping = ClaimMapping()
    mapping.principal = "preferred_username"
    mapping.groups = "realm_access.roles"
    mapping.zone = "https://example.com/zone"
    let found = try identity(
      #"{"sub":"1","preferred_username":"alice","realm_access":{"roles":["r"]},"#
        + #""https://example.com/zone":"Europe/Oslo","email":"a@b.c","jti":"j1"}"#, mapping)
    #expect(found.principal == "alice")
    #expect(found.groups == ["r"])
    #expect(found.zone == "Europe/Oslo")
    #expect(found.email == "a@b.c")
    #expect(found.credentialID == "j1")
    #expect(found.principalType == .human)
  }

  @Test(arguments: [
    #"{"sub":null,"client_id":"svc"}"#, #"{"azp":"svc"}"#, #"{"sub":"svc","client_id":"svc"}"#,
  ])
  func `a token of client credentials is a service's`(claims: String) throws {
    let found = try identity(claims)
    #expect(found.principal == "svc")
    #expect(found.principalType == .service)
  }

  @Test func `a person's token without the principal's claim never passes for its client`() throws {
    var mapping = ClaimMapping()
    mapping.principal = "preferred_username"
    #expect(throws: CredentialRefusal.self) {
      try identity(#"{"sub":"5l2n8","client_id":"vigil","azp":"vigil"}"#, mapping)
    }
  }

  @Test(arguments: [
    #"{"sub":""}"#, #"{}"#, #"{"sub":7}"#, #"{"sub":"a\nlevel=error"}"#, #"{"sub":"a\u0000"}"#,
    #"{"sub":"a\u001b[2J"}"#, #"{"sub":"a\u2028b"}"#, #"{"sub":"a\u0085b"}"#,
    #"{"sub":"a\u202eb"}"#, #"{"sub":"a\u200bb"}"#, #"{"sub":"a","groups":["x\r\ny"]}"#,
    #"{"sub":"a","groups":[1]}"#, #"{"sub":"a","groups":{"x":1}}"#,
  ])
  func `names that could forge a line or hide a letter are refused`(claims: String) {
    #expect(throws: CredentialRefusal.self) { try identity(claims) }
  }

  @Test func `too many groups are refused, not cut`() throws {
    func claims(_ count: Int) -> String {
      let names = (0..<count).map { "\"g\($0)\"" }.joined(separator: ",")
      return "{\"sub\":\"a\",\"groups\":[\(names)]}"
    }
    #expect(try identity(claims(256)).groups.count == 256)
    #expect(throws: CredentialRefusal.self) { try identity(claims(257)) }
    let long = String(repeating: "x", count: 8193)
    #expect(throws: CredentialRefusal.self) {
      try identity("{\"sub\":\"a\",\"groups\":[\"\(long)\"]}")
    }
    #expect(throws: CredentialRefusal.self) {
      try identity("{\"sub\":\"\(String(repeating: "p", count: 257))\"}")
    }
  }

  @Test(arguments: [
    ("alice", "alice"), ("zoë", "zo%C3%AB"), ("a b", "a%20b"), ("50%", "50%25"),
    ("{http.request.uuid}", "%7Bhttp.request.uuid%7D"), ("a,b", "a%2Cb"),
    ("a\r\nSet-Cookie: x=y", "a%0D%0ASet-Cookie:%20x=y"), ("", ""),
  ])
  func `in headers a name is plain ASCII`(name: String, header: String) {
    #expect(HeaderText.encoded(name) == header)
  }
}
