import GatewayAndScheduler
import Ingest

/// The `serve` object of a configuration file: where everything is, and what stands in front.
///
/// Paths are relative to the folder of the file. Documentation/Serve.md has an example.
struct ServeConfiguration: Sendable {
  /// What stands between the client and this process.
  enum Front: String, CaseIterable {
    /// Nothing: this process writes the request records itself.
    case none
    /// A Caddy whose access log is followed.
    case caddy
  }

  var endpoint = HTTPEndpoint.loopback(port: 8470)
  var journal = "journal"
  /// Sessions, tokens, runs, the run socket.
  var state = "state"
  var policy = "policy.json5"
  var jobs = "jobs.json5"
  /// Local accounts; nil for none.
  var users: String?
  var front = Front.none
  /// Logs that are brought into the journal as they grow.
  var follow: [String] = []
  var live = Live()
  /// How browsers come, and the identity provider; nil for service tokens alone.
  var gateway: GatewaySettings?
  /// What a method and a path mean: our own API's, and what the configuration adds.
  var routes = ActionRoutes.standard

  /// Detection while it runs.
  struct Live: Sendable {
    var isOn = true
    var pause: Duration = .seconds(1)
    /// A run that detection calls a runaway is proposed for killing: a person decides.
    var proposesKills = true
  }

  init() {}

  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let folder = ServeConfiguration.folder(of: reader.file)
    func path(_ key: String, _ fallback: String) throws(ConfigurationError) -> String {
      ServeConfiguration.resolved(
        try reader.value(key, .string, default: fallback), in: folder)
    }
    endpoint = try reader.value("listen", .endpoint, default: endpoint)
    journal = try path("journal", journal)
    state = try path("state", state)
    policy = try path("policy", policy)
    jobs = try path("jobs", jobs)
    users = try reader.optional("users", .string).map {
      ServeConfiguration.resolved($0, in: folder)
    }
    front = try reader.value("front", .oneOf(Front.self), default: front)
    follow = try reader.value("follow", .strings, default: []).map {
      ServeConfiguration.resolved($0, in: folder)
    }
    if let live = try reader.object("detection", Live.init(from:)) { self.live = live }
    gateway = try reader.object("gateway", GatewaySettings.init(from:))
    routes = try ActionRoutes(from: &reader)
    if front == .caddy, follow.isEmpty {
      throw reader.error(
        "front", "found \"caddy\" and no logs in \"follow\": expected Caddy's access log there")
    }
  }

  /// Nothing for a file in the working directory.
  private static func folder(of file: String) -> String {
    file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
  }

  private static func resolved(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") ? path : folder + path
  }
}

extension ServeConfiguration.Live {
  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let pauses = Duration.milliseconds(100)...Duration.seconds(3600)
    isOn = try reader.value("live", .boolean, default: isOn)
    pause = try reader.value("every", .duration(in: pauses), default: pause)
    proposesKills = try reader.value("propose_kill", .boolean, default: proposesKills)
  }
}

extension ConfigurationKind where Value == HTTPEndpoint {
  /// `127.0.0.1:PORT` or `[::1]:PORT`: what faces a network is the gateway in front.
  static var endpoint: ConfigurationKind {
    ConfigurationKind(expected: "127.0.0.1:PORT or [::1]:PORT") { value in
      guard case .string(let text) = value.content else { return nil }
      return ListeningAddress.endpoint(text)
    }
  }
}

/// Addresses of this host, as options and settings state them.
enum ListeningAddress {
  /// Nil for anything but `127.0.0.1:PORT` and `[::1]:PORT`; port 0 takes a free one.
  static func endpoint(_ address: String) -> HTTPEndpoint? {
    for (host, make) in [
      ("127.0.0.1:", HTTPEndpoint.loopback(port:)), ("[::1]:", HTTPEndpoint.loopbackIPv6(port:)),
    ] where address.hasPrefix(host) {
      if let port = UInt16(address.dropFirst(host.count)) { return make(port) }
    }
    return nil
  }
}
