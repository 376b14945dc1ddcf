import Foundation
import Testing

/// What the process around the sinks was started with, and what its system does.
@Suite struct SinkProcessTests {
  /// A sample to the sink, by the tool, started by a shell that has done something before.
  private func sample(
    _ sink: String, behind preparation: String, in folder: TemporaryFolder
  ) throws -> (status: Int32, text: String) {
    let config = folder.path("vigil.json5")
    try "{ alerts: { sinks: { ops: \(sink) } } }".write(
      toFile: config, atomically: true, encoding: .utf8)
    let tool = try BuiltTool.url().path
    let process = try ReceiverProcess(
      "/bin/sh",
      ["-c", "\(preparation) exec \"$@\"", "sh", tool, "alerts", "test", "--config", config],
      log: folder.path("log"))
    return (process.wait(), process.text)
  }

  @Test("a command that fails is not delivered, though SIGCHLD was ignored by whoever started us")
  func ignoredChildren() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for (word, expected) in [("false", "exit status 1"), ("true", "delivered")] {
      let sink = #"{type: "command", command: ["/bin/\#(word)"]}"#
      let (status, text) = try sample(sink, behind: "trap '' CHLD;", in: folder)
      #expect(text.contains(expected), "\(word): \(status): \(text)")
      #expect((status == 0) == (word == "true"), "\(word): \(status): \(text)")
    }
  }

  @Test("no key of a connection is written down, whatever the environment asks for")
  func keyLog() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let preparation =
      "export SLACK_URL=https://localhost:1/T0 SSLKEYLOGFILE=\(folder.path("keys"));"
    let (status, text) = try sample(
      #"{type: "slack", url: "env:SLACK_URL"}"#, behind: preparation, in: folder)
    #expect(status == 4 && text.contains("not connected"), "\(status): \(text)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("keys")))
  }

  /// A system whose name servers do not answer for a minute.
  private static let resolver = """
    #include <netdb.h>
    #include <unistd.h>
    int getaddrinfo(
        const char *h, const char *s, const struct addrinfo *a, struct addrinfo **r) {
      sleep(60);
      return EAI_AGAIN;
    }
    """

  private static let compiler = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(
    "a resolver that does not answer holds up nobody beyond the time limit",
    .enabled(if: SinkProcessTests.compiler != nil, "there is no C compiler"),
    arguments: [
      #"{type: "slack", url: "env:SLACK_URL", timeout: "1s"}"#,
      #"{type: "smtp", host: "mail.example.org", from: "v@example.org", to: ["o@example.org"], "#
        + #"timeout: "1s"}"#,
      #"{type: "syslog", host: "logs.example.org", timeout: "1s"}"#,
      #"{type: "syslog", host: "logs.example.org", transport: "udp", insecure: true, "#
        + #"timeout: "1s"}"#,
    ])
  func resolver(sink: String) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try SinkProcessTests.resolver.write(
      toFile: folder.path("resolver.c"), atomically: true, encoding: .utf8)
    let library = folder.path("resolver.so")
    let compiling = try ReceiverProcess(
      try #require(SinkProcessTests.compiler),
      ["-shared", "-fPIC", "-o", library, folder.path("resolver.c")], log: folder.path("cc.log"))
    try #require(compiling.wait() == 0, "\(compiling.text)")
    let start = ContinuousClock.now
    let (status, text) = try sample(
      sink,
      behind: "export SLACK_URL=https://hooks.example.org/T0 LD_PRELOAD=\(library);", in: folder)
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(status == 4 && text.contains("within 1.0 seconds"), "\(status): \(text)")
  }
}
