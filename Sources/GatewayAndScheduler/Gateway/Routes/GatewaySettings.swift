package import Ingest

/// How the gateway is reached, and its provider: the configuration's `gateway`.
///
///     gateway: {
///       address: "https://pipelines.example.com",
///       other_origins: [], after_logout: "/",
///       oidc: { … }, sessions: { idle: "12h", absolute: "7d", … },
///     }
package struct GatewaySettings: Sendable, Equatable {
  /// Scheme, host and port under which browsers come; the provider knows `<address>/auth/callback`.
  package var address: String
  /// Further origins whose pages may send changes.
  package var otherOrigins: [String] = []
  /// Where a browser lands after logging out, on this host.
  package var afterLogout = "/"
  package var oidc: OIDCSettings?
  package var sessions = SessionLimits()
  /// Whether a proxy of ours stands in front. Without one nobody is believed about `X-Forwarded-For`. Not
  /// in the file: whoever puts the process together knows it.
  package var isBehindProxy = true

  package init(address: String) { self.address = address }

  /// Reads the configuration's object.
  package init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let address = try reader.required("address", .string)
    guard GatewaySettings.isOrigin(address) else {
      throw reader.error(
        "address", "found \(ForeignText.quoted(address)): expected scheme, host and port alone")
    }
    self.address = address
    otherOrigins = try reader.value("other_origins", .strings, default: [])
    guard otherOrigins.allSatisfy(GatewaySettings.isOrigin) else {
      throw reader.error("other_origins", "expected scheme, host and port alone")
    }
    afterLogout = try reader.value("after_logout", .string, default: "/")
    guard LocalTarget(afterLogout) != nil else {
      throw reader.error("after_logout", "expected a path on this host")
    }
    oidc = try reader.object("oidc", OIDCSettings.init(from:))
    sessions = try reader.object("sessions", SessionLimits.init(from:)) ?? sessions
  }

  /// Of our own pages, as browsers write them.
  package var origins: [String] { [address] + otherOrigins }

  /// Where the provider sends browsers back to.
  package var redirectAddress: String { address + "/auth/callback" }

  private static func isOrigin(_ text: String) -> Bool {
    OIDCSettings.isWebAddress(text) && text.utf8.count { $0 == UInt8(ascii: "/") } == 2
  }
}

/// A path and query on this host, to which a browser may be sent.
///
/// A browser reads `//host` and `/\host` as another host, and drops tabs and line ends before it looks:
/// none of them gets here. Never a page of the login itself, which would go in circles.
package struct LocalTarget: Sendable, Equatable {
  /// Bytes of the longest target.
  package static let byteCountMax = 2048

  package let text: String

  /// Nil for anything that might lead elsewhere.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.first == UInt8(ascii: "/"), bytes.dropFirst().first != UInt8(ascii: "/"),
      bytes.count <= LocalTarget.byteCountMax, let target = try? HTTPTarget(bytes),
      target.segments.first != "auth"
    else { return nil }
    self.text = text
  }
}
