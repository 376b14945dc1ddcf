import Foundation
import Testing

/// A real OpenID provider (glewlwyd) with two users and a machine, through Tests/Live/glewlwyd.py.
final class LiveProvider {
  private let folder: String
  private let state: [String: Any]

  init(in folder: TemporaryFolder, address: String) throws {
    self.folder = folder.path("provider")
    let output = try LiveProvider.script([
      "start", self.folder, "--redirect", address + "/auth/callback", "--logout", address + "/",
    ])
    state = try #require(
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(output)")
  }

  func stop() throws { _ = try LiveProvider.script(["stop", folder]) }

  func text(_ key: String) throws -> String { try #require(state[key] as? String) }

  /// Where the provider sends the browser of `user`, who logs in and consents.
  func authorize(_ user: String, _ url: String) throws -> String {
    try LiveProvider.script(["authorize", folder, user, url])
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A new signing key; the old one is dropped with `drops`.
  func rotateKey(drops: Bool = false) throws {
    _ = try LiveProvider.script(["rotate", folder] + (drops ? ["--drop"] : []))
  }

  /// An access token of the machine client.
  func machineToken(_ client: LiveClient) throws -> String {
    let issuer = try text("issuer")
    let discovery = try client.send("GET", issuer + "/.well-known/openid-configuration").object()
    let endpoint = try #require(discovery["token_endpoint"] as? String)
    let answer = try client.send(
      "POST", endpoint, body: "grant_type=client_credentials&scope=pipelines",
      words: ["-u", "\(try text("machine_id")):\(try text("machine_secret"))"])
    return try #require(try answer.object()["access_token"] as? String, "\(answer.body)")
  }

  private static func script(_ words: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments =
      [BuiltTool.root.appendingPathComponent("Tests/Live/glewlwyd.py").path] + words
    process.standardOutput = pipe
    try process.run()
    // The provider itself goes on with the pipe's other end closed: one line is all there is.
    let output = pipe.fileHandleForReading.availableData
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "glewlwyd.py \(words)")
    return String(decoding: output, as: UTF8.self)
  }
}
