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

  private static let compiler = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// A library that is loaded before the system's.
  private func library(_ source: String, in folder: TemporaryFolder) throws -> String {
    try source.write(toFile: folder.path("first.c"), atomically: true, encoding: .utf8)
    let library = folder.path("first.so")
    let compiling = try ReceiverProcess(
      try #require(SinkProcessTests.compiler),
      ["-shared", "-fPIC", "-o", library, folder.path("first.c"), "-ldl"],
      log: folder.path("cc.log"))
    try #require(compiling.wait() == 0, "\(compiling.text)")
    return library
  }

  /// Makes the folder of the system's authorities another one.
  private static let authorities = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdlib.h>
    typedef int (*folder_call)(void *, const char *);
    typedef int (*both_call)(void *, const char *, const char *);
    #define FOLDER(name) \\
      int name(void *store, const char *folder) { \\
        folder_call real = (folder_call)dlsym(RTLD_NEXT, #name); \\
        return real(store, folder ? getenv("SYSTEM_AUTHORITIES") : folder); \\
      }
    #define BOTH(name) \\
      int name(void *store, const char *file, const char *folder) { \\
        both_call real = (both_call)dlsym(RTLD_NEXT, #name); \\
        return real(store, file, folder ? getenv("SYSTEM_AUTHORITIES") : folder); \\
      }
    // Which of them libcurl calls depends on its version.
    FOLDER(X509_STORE_load_path)
    FOLDER(SSL_CTX_load_verify_dir)
    BOTH(X509_STORE_load_locations)
    BOTH(SSL_CTX_load_verify_locations)
    """

  /// Trusted without a file of authorities, so that the folder is seen to work; with one not, over HTTP and
  /// by what mail and syslog share.
  @Test(
    "an authority that only the system's folder has is not trusted beside a file",
    .enabled(if: SinkProcessTests.compiler != nil, "there is no C compiler"),
    arguments: [(true, false), (true, true), (false, false), (false, true)])
  func systemAuthorities(isHTTP: Bool, hasFile: Bool) throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (certificate, key) = try bench.certificate()
    // Of another name: of one name only the file's would be looked at.
    let (other, _) = try bench.certificate("other", subject: "other")
    let system = bench.folder.path("system")
    try FileManager.default.createDirectory(atPath: system, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: certificate, toPath: system + "/server.pem")
    let hashing = try ReceiverProcess(
      "/usr/bin/openssl", ["rehash", system], log: bench.folder.path("rehash.log"))
    try #require(hashing.wait() == 0, "\(hashing.text)")
    let port = try freePort()
    let server = try ReceiverProcess(
      "/usr/bin/openssl",
      ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www"],
      log: bench.folder.path("tls.log"))
    defer { server.crash() }
    try server.wait(for: "the server") { server.text.contains("ACCEPT") }
    let kind =
      isHTTP
      ? #"type: "slack", url: "env:SLACK_URL""#
      : #"type: "syslog", host: "localhost", port: \#(port)"#
    let file = hasFile ? #", authority_file: "\#(other)""# : ""
    let preparation =
      "export SLACK_URL=https://localhost:\(port)/ SYSTEM_AUTHORITIES=\(system) "
      + "LD_PRELOAD=\(try library(SinkProcessTests.authorities, in: bench.folder));"
    let (status, text) = try sample(
      "{\(kind), timeout: \"2s\"\(file)}", behind: preparation, in: bench.folder)
    #expect(text.contains(hasFile ? "tls: certificate refused" : "ops: "), "\(status): \(text)")
    #expect(text.contains("tls:") == hasFile, "\(status): \(text)")
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
    let library = try library(SinkProcessTests.resolver, in: folder)
    let start = ContinuousClock.now
    let (status, text) = try sample(
      sink,
      behind: "export SLACK_URL=https://hooks.example.org/T0 LD_PRELOAD=\(library);", in: folder)
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(status == 4 && text.contains("within 1.0 seconds"), "\(status): \(text)")
  }
}
