import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

@Suite struct SecretReferenceTests {
  @Test(
    "references are read, and shown as they were written",
    arguments: [
      "file:/run/secrets/oidc", "env:OIDC_SECRET", "env:_a1", "exec:/usr/bin/pass show oidc",
    ])
  func references(text: String) throws {
    #expect(try SecretReference(text).description == text)
  }

  @Test("a command is split at blanks, whatever a shell would make of it")
  func words() throws {
    #expect(
      try SecretReference("exec:/bin/echo  'a b' $HOME;ls")
        == .command(["/bin/echo", "'a", "b'", "$HOME;ls"]))
  }

  @Test(
    "anything else is refused without being shown",
    arguments: [
      "hunter2", "", "FILE:/a", "file:a", "file:", "file:/a/", "env:", "env:1A", "env:A-B",
      "env:A=B",
      "exec:", "exec:pass show", "exec: ", "file:/a\nb", "vault:secret/x",
      String(repeating: "h", count: 5000),
      "exec:/a " + String(repeating: "b ", count: 64),
    ])
  func refused(text: String) throws {
    let error = try #require(throws: SecretReferenceError.self) { try SecretReference(text) }
    #expect(!"\(error)".contains("hunter2") && "\(error)".contains("expected"))
  }

  @Test(
    "a configuration never shows what stands in a reference's place",
    arguments: ["'hunter2'", "987654321", "['hunter2']", "{hunter2: 1}", "true", "null", "''"])
  func configuration(value: String) throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(
        Array("{client_secret: \(value)}".utf8).span, file: "vigil.json5"
      ) {
        (reader) throws(ConfigurationError) in try reader.secret("client_secret")
      }
    }
    #expect(
      error.description.contains("line 1, column 17")
        && error.description.contains("file:/run/secrets"))
    #expect(!error.description.contains("hunter2") && !error.description.contains("987654321"))
  }

  @Test("a reference that must be there is missed by its key")
  func required() throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(Array("{}".utf8).span, file: "vigil.json5") {
        (reader) throws(ConfigurationError) in try reader.requiredSecret("client_secret")
      }
    }
    #expect(error.description.contains("found no key \"client_secret\""))
  }
}

@Suite struct SecretTests {
  @Test("a secret is shown nowhere, and compares by its bytes")
  func hidden() {
    let secret = Secret(Array("hunter2".utf8))
    var shown = ""
    dump(secret, to: &shown)
    for form in [
      "\(secret)", String(reflecting: secret), shown, "\([secret])", "\(SecretReading(secret))",
    ] {
      #expect(!form.contains("hunter2") && !form.contains("104"), "\(form)")
    }
    #expect(secret == Secret(Array("hunter2".utf8)) && secret.revealText() == "hunter2")
    #expect(secret != Secret(Array("hunter3".utf8)) && secret != Secret([]))
    #expect(Secret([0xFF]).revealText() == nil)
  }
}

@Suite struct SystemSecretSourceTests {
  private let directory: TemporaryDirectory
  private let source: SystemSecretSource

  init() throws {
    directory = try TemporaryDirectory()
    source = SystemSecretSource(
      variable: { $0 == "GIVEN" ? "from the environment\n" : $0 == "EMPTY" ? "" : nil },
      environment: ["PATH=/usr/bin:/bin", "MARK=seen"], clock: ContinuousClock(),
      timeMax: .milliseconds(800))
  }

  private func write(_ bytes: [UInt8], mode: Int = 0o600) throws -> SecretReference {
    let path = directory.path + "/secret"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return .file(path: path)
  }

  private func text(_ reference: SecretReference) async throws -> String? {
    try await source.read(reference).secret.revealText()
  }

  @Test(
    "one newline at the end is not the secret's",
    arguments: [
      ("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"),
      (" a b ", " a b "),
    ])
  func newline(written: String, expected: String) async throws {
    #expect(try await text(try write(Array(written.utf8))) == expected)
  }

  @Test("a file that others may read is used, with a warning")
  func permissions() async throws {
    #expect(try await source.read(try write([65])).warning == nil)
    for mode in [0o640, 0o604, 0o644] {
      let warning = try #require(try await source.read(try write([65], mode: mode)).warning)
      #expect(warning.contains("found mode \(String(mode, radix: 8)): expected 600"))
    }
  }

  @Test("a link is followed")
  func link() async throws {
    guard case .file(let path) = try write(Array("x".utf8)) else { return }
    try FileManager.default.createSymbolicLink(atPath: path + "-link", withDestinationPath: path)
    #expect(try await text(.file(path: path + "-link")) == "x")
  }

  @Test("variables are read from the process")
  func variables() async throws {
    #expect(try await text(.environment(name: "GIVEN")) == "from the environment")
    for name in ["EMPTY", "MISSING"] {
      await #expect(throws: SecretError.self) { try await text(.environment(name: name)) }
    }
  }

  @Test("nothing, too much, or a directory are no secret")
  func unfit() async throws {
    for bytes in [[], [0x0A], [UInt8](repeating: 65, count: 65_537)] as [[UInt8]] {
      let reference = try write(bytes)
      await #expect(throws: SecretError.self) { try await text(reference) }
    }
    await #expect(throws: SecretError.self) { try await text(.file(path: directory.path)) }
    await #expect(throws: SecretError.self) {
      try await text(.file(path: directory.path + "/none"))
    }
  }

  @Test("a program's output is the secret, its arguments as they are and its environment as given")
  func programs() async throws {
    #expect(try await text(.command(["/bin/echo", "$HOME;", "`id`", "*"])) == "$HOME; `id` *")
    #expect(try await text(.command(["/usr/bin/env"])) == "PATH=/usr/bin:/bin\nMARK=seen")
    let script = directory.path + "/script"
    try Data("#!/bin/sh\nread line && echo input\necho noise >&2\nprintf '%s' \"$1\"\n".utf8)
      .write(to: URL(fileURLWithPath: script))
    #expect(try await text(.command(["/bin/sh", script, "value"])) == "value")
  }

  @Test(
    "a program that fails, hangs or talks too much gives none, and its words are in no error",
    arguments: [
      ("echo hunter2; exit 3", "status 3"), ("kill -9 $$", "signal 9"),
      ("echo hunter2; sleep 60", "did not end within"),
      ("exec >&-; sleep 60", "did not end within"), ("yes hunter2", "more than 65536 bytes"),
      ("true", "found nothing"),
    ])
  func failures(script: String, words: String) async throws {
    let path = directory.path + "/script"
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
    let clock = ContinuousClock()
    let start = clock.now
    let error = await #expect(throws: SecretError.self) {
      try await text(.command(["/bin/sh", path]))
    }
    #expect(error.map { "\($0)" }?.contains(words) == true, "\(String(describing: error))")
    #expect(error.map { "\($0)" }?.contains("hunter2") == false)
    #expect(start.duration(to: clock.now) < .seconds(10))
  }

  @Test("a program that is not there is told")
  func missing() async throws {
    let error = await #expect(throws: SecretError.self) {
      try await text(.command(["/nonexistent/x"]))
    }
    #expect(error?.problem.contains("no such file") == true)
  }
}

@Suite struct RotatingSecretTests {
  /// Answers what it is told to, and counts.
  final class Source: SecretSource {
    let state = Mutex<(value: String, warning: String?, count: Int)>(("one", nil, 0))

    func read(_ reference: SecretReference) async throws(SecretError) -> SecretReading {
      let (value, warning) = state.withLock { state in
        state.count += 1
        return (state.value, state.warning)
      }
      guard !value.isEmpty else { throw SecretError(reference, "found nothing") }
      return SecretReading(Secret(Array(value.utf8)), warning: warning)
    }
  }

  private let now = ManualClock().now

  @Test("a file is read at each use")
  func file() async throws {
    let source = Source()
    let secret = RotatingSecret(.file(path: "/s"), source: source)
    #expect(try await secret.secret(at: now).revealText() == "one")
    source.state.withLock { $0.value = "two" }
    #expect(try await secret.secret(at: now).revealText() == "two")
  }

  @Test("a program runs once, and again when its value was refused, but not at any rate")
  func command() async throws {
    let source = Source()
    let secret = RotatingSecret(.command(["/p"]), source: source)
    let first = try await secret.secret(at: now)
    _ = try await secret.secret(at: now.advanced(bySeconds: 3600))
    #expect(source.state.withLock { $0.count } == 1)
    source.state.withLock { $0.value = "two" }
    #expect(try await secret.refreshed(after: first, at: now.advanced(bySeconds: 5)) == nil)
    #expect(source.state.withLock { $0.count } == 1)
    let second = try await secret.refreshed(after: first, at: now.advanced(bySeconds: 11))
    #expect(second?.revealText() == "two")
    // Whoever comes late with the old one gets the new one without another run.
    #expect(try await secret.refreshed(after: first, at: now.advanced(bySeconds: 12)) == second)
    #expect(source.state.withLock { $0.count } == 2)
    #expect(
      try await secret.refreshed(after: Secret(Array("two".utf8)), at: now.advanced(bySeconds: 60))
        == nil)
  }

  @Test("a warning is told once, until it is another one")
  func warnings() async throws {
    let source = Source()
    let told = Mutex<[String]>([])
    let secret = RotatingSecret(.file(path: "/s"), source: source) { warning in
      told.withLock { $0.append(warning) }
    }
    for warning in [nil, "a", "a", nil, "a", "b"] {
      source.state.withLock { $0.warning = warning }
      _ = try await secret.secret(at: now)
    }
    #expect(told.withLock { $0 } == ["a", "a", "b"])
  }
}
