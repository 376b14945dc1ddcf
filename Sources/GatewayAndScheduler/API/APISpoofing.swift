/// Headers by which a proxy tells its backend who is asking. Here they are believed by nobody.
enum APISpoofing {
  private static let exactNames = [
    "X-Forwarded-User", "X-Forwarded-Groups", "X-Forwarded-Email", "X-Remote-User", "X-User",
    "X-Auth-Request-User", "X-Authenticated-User", "X-WebAuth-User",
  ]

  /// A half-sentence that names the first such header and its value, escaped and cut; nil without one.
  static func remark(_ headers: HTTPHeaders) -> String? {
    let found = headers.fields.first { field in
      isRemoteName(field.name)
        || exactNames.contains { HTTPSyntax.equalIgnoringCase($0, field.name) }
    }
    guard let found else { return nil }
    let name = APIText.legible(found.name, characterCountMax: 32)
    return "header \(name) \"\(APIText.legible(found.value))\" was sent and is believed by nobody"
  }

  private static func isRemoteName(_ name: String) -> Bool {
    let prefix = "Remote-"
    return name.utf8.count > prefix.utf8.count
      && HTTPSyntax.equalIgnoringCase(String(name.prefix(prefix.count)), prefix)
  }
}
