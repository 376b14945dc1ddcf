import Foundation
import TestSupport
import Testing

/// The production shape on free loopback ports: a real provider, `vigil serve`, a real Caddy in front with
/// the Caddyfile that users copy, and real Luigi behind.
final class LiveStack {
  let folder: TemporaryFolder
  let address: String
  let provider: LiveProvider
  private let ports: (https: UInt16, http: UInt16, vigil: UInt16)
  private(set) var vigil: LiveProcess
  private let caddy: LiveProcess

  init(_ release: CaddyRelease) throws {
    let folder = try TemporaryFolder()
    let ports = (https: try freePort(), http: try freePort(), vigil: try freePort())
    let address = "https://localhost:\(ports.https)"
    let provider = try LiveProvider(in: folder, address: address)
    try LiveStackFiles.write(folder, address: address, provider, port: ports.vigil)
    // Caddy's log is followed: it must be there before Vigil asks for it, or after; both are tried by
    // starting Vigil first.
    let vigil = try LiveStack.startVigil(folder, ports.vigil)
    let caddy = try LiveProcess(
      release.program, ["run", "--config", release.caddyfile, "--adapter", "caddyfile"],
      log: folder.path("caddy.out"),
      environment: [
        "SITE": "localhost:\(ports.https)", "HTTPS_PORT": "\(ports.https)",
        "HTTP_PORT": "\(ports.http)", "VIGIL": "127.0.0.1:\(ports.vigil)",
        "LOG_DIR": folder.path("logs"), "ADMIN_SOCKET": folder.path("admin.sock"),
        "XDG_DATA_HOME": folder.path("caddy-data"), "XDG_CONFIG_HOME": folder.path("caddy-config"),
        "HOME": folder.path("home"),
      ])
    (self.folder, self.ports, self.address) = (folder, ports, address)
    (self.provider, self.vigil, self.caddy) = (provider, vigil, caddy)
    let root = authority
    try caddy.wait(for: "Caddy's authority") { FileManager.default.fileExists(atPath: root) }
    let client = client()
    try caddy.wait(for: "an answer through Caddy") {
      (try? client.send("GET", address + "/healthz"))?.status == 200
    }
  }

  private var authority: String {
    folder.path("caddy-data") + "/caddy/pki/authorities/local/root.crt"
  }

  var journal: String { folder.path("journal") }
  var state: String { folder.path("state") }
  /// Vigil's own listener, which only this machine reaches.
  var direct: String { "http://127.0.0.1:\(ports.vigil)" }

  func client() -> LiveClient { LiveClient(in: folder, authority: authority) }

  private static func startVigil(_ folder: TemporaryFolder, _ port: UInt16) throws -> LiveProcess {
    let process = try LiveProcess(
      try BuiltTool.url().path, ["serve", "--config", folder.path("vigil.json5")],
      log: folder.path("vigil-\(UUID().uuidString).out"),
      environment: ["HOME": folder.path("home")])
    try process.wait(for: "vigil serve") { process.text.contains("listening on") }
    return process
  }

  /// A crash and a new start.
  func crashVigil() throws {
    vigil.crash()
    vigil = try LiveStack.startVigil(folder, ports.vigil)
  }

  /// Ends everything in order; Vigil last, so that it reads Caddy's last lines.
  func stop() throws {
    #expect(caddy.stop() == 0)
    // The last lines of the access log are followed within the poll.
    usleep(500_000)
    #expect(vigil.stop() == 0, "\(vigil.text)")
  }

  /// Ends the provider, and removes everything.
  func remove() {
    #expect(throws: Never.self) { try provider.stop() }
    folder.remove()
  }
}

/// The files that a user would write, for the live stack.
enum LiveStackFiles {
  static func write(
    _ folder: TemporaryFolder, address: String, _ provider: LiveProvider, port: UInt16
  ) throws {
    for name in ["home", "work", "logs"] {
      try FileManager.default.createDirectory(
        atPath: folder.path(name), withIntermediateDirectories: true)
    }
    let secret = folder.path("oidc-secret")
    try (try provider.text("client_secret") + "\n").write(
      toFile: secret, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
    try configuration(folder, address, try provider.text("issuer"), port).write(
      toFile: folder.path("vigil.json5"), atomically: true, encoding: .utf8)
    try policy.write(toFile: folder.path("policy.json5"), atomically: true, encoding: .utf8)
    try jobs(folder).write(toFile: folder.path("jobs.json5"), atomically: true, encoding: .utf8)
  }

  private static func configuration(
    _ folder: TemporaryFolder, _ address: String, _ issuer: String, _ port: UInt16
  ) -> String {
    """
    {
      join: { window: "2s", lateness: "1s" },
      serve: {
        listen: "127.0.0.1:\(port)", journal: "journal", state: "state",
        policy: "policy.json5", jobs: "jobs.json5", front: "caddy",
        follow: ["logs/caddy-access.log", "logs/caddy-runtime.log", "logs/luigi-events.jsonl"],
        gateway: {
          address: "\(address)",
          oidc: {
            issuer: "\(issuer)", client_id: "vigil",
            client_secret: "file:\(folder.path("oidc-secret"))",
            scopes: ["openid", "pipelines"], audiences: ["pipelines"],
            claims: { principal: "preferred_username" },
          },
        },
      },
    }
    """
  }

  private static let policy = """
    {
      roles: {
        engineers: { groups: ["data-eng"] },
        readers: { groups: ["readers"] },
        machines: { principals: ["svc-*"], types: ["service"] },
      },
      rules: [
        { name: "held", effect: "hold", roles: ["engineers"], actions: ["run:trigger"], jobs: ["held"] },
        { name: "engineers", effect: "permit", roles: ["engineers"],
          actions: ["run:*", "job:view", "approval:*"] },
        { name: "machines", effect: "permit", roles: ["machines"],
          actions: ["run:trigger", "run:view", "job:view"], jobs: ["quick", "publish"] },
        { name: "readers look", effect: "permit", roles: ["readers"],
          actions: ["run:view", "job:view", "approval:*"] },
      ],
    }
    """

  private static func jobs(_ folder: TemporaryFolder) -> String {
    let live = BuiltTool.root.appendingPathComponent("Tests/Live/pipelines").path
    let plugin = BuiltTool.root.appendingPathComponent("Integrations/luigi").path
    func luigi(_ task: String, _ name: String, _ more: String = "") -> String {
      """
          "\(name)": {
            type: "luigi", module: "live_pipeline", task: "\(task)",
            luigi: ["\(LivePrograms.python)", "-m", "luigi"],
            arguments: ["--folder", "\(folder.path("work"))/\(name)", "--local-scheduler"],
            luigi_config: "\(live)/live_pipeline.cfg",
            environment: ["PYTHONPATH=\(live):\(plugin)", "PYTHONDONTWRITEBYTECODE=1"],
            directory: "\(folder.path("work"))", owner: "alice", timeout: "60s", grace: "2s", \(more)
          },
      """
    }
    return """
      {
        jobs: {
          "quick": { command: ["/bin/echo", "{text}"], owner: "alice",
                     params: { text: { type: "string", default: "hello" } } },
          "held": { command: ["/bin/true"], owner: "alice" },
      \(luigi("Publish", "publish"))
      \(luigi("Failing", "failing"))
      \(luigi("Stuck", "stuck").replacingOccurrences(of: "timeout: \"60s\"", with: "timeout: \"4s\""))
        },
      }
      """
  }
}
