import Detect
import Foundation
import Testing

/// Mail servers that take their time, or say what they should not.
extension AlertSinkLiveTests {
  private func sink(
    _ bench: SinkBench, _ port: Int, timeout: String, _ rest: String = ""
  ) throws -> any AlertSink {
    try bench.sink(
      #"{type: "smtp", host: "localhost", port: \#(port), from: "vigil@example.org", "#
        + #"to: ["ops@example.org"], tls: "none", timeout: "\#(timeout)"\#(rest)}"#)
  }

  private func server(
    _ bench: SinkBench, _ mode: String
  ) throws -> (process: ReceiverProcess, port: Int) {
    try bench.listener("rude_mail.py", mode.split(separator: " ").map(String.init), log: "mail.log")
  }

  @Test("a mail server that stalls is left at the limit")
  func mailLimit() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try server(bench, "slow 3600")
    defer { process.crash() }
    let start = ContinuousClock.now
    let outcome = await (try sink(bench, port, timeout: "5s")).deliver(SinkBench.notification())
    let reason = try #require(SinkBench.retryReason(outcome), "\(outcome)")
    #expect(reason.contains("no answer within 5.0 seconds"), "\(reason)")
    // No second wait for an answer to the goodbye.
    #expect(ContinuousClock.now - start < .seconds(9))
  }

  @Test("a mail server that looks through the mail for a while is waited for, and gets it once")
  func mailPatience() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    // Longer than any limit of a single reply that is not the sink's own.
    let (process, port) = try server(bench, "slow 11")
    defer { process.crash() }
    let outcome = await (try sink(bench, port, timeout: "60s")).deliver(SinkBench.notification())
    #expect(outcome == .delivered)
    #expect(process.text.split(separator: "\n").count { $0 == "KEPT" } == 1)
  }

  @Test("cancelling ends an attempt at once that waits for the server's last word")
  func mailCancelling() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try server(bench, "slow 3600")
    defer { process.crash() }
    let patient = try sink(bench, port, timeout: "100s")
    let task = Task { await patient.deliver(SinkBench.notification()) }
    try process.wait(for: "the end of the mail") { process.text.contains("DOT") }
    let start = ContinuousClock.now
    task.cancel()
    #expect(SinkBench.retryReason(await task.value) == "mail: cancelled")
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test("a mail server that has the mail and says no goodbye holds nobody up, no thread either")
  func mailGoodbye() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try server(bench, "mute")
    defer { process.crash() }
    let start = ContinuousClock.now
    let outcome = await (try sink(bench, port, timeout: "30s")).deliver(SinkBench.notification())
    #expect(outcome == .delivered)
    try process.wait(for: "the end of the connection") { process.text.contains("GONE") }
    #expect(process.text.contains("QUIT"))
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test(
    "what a mail server says before it knows of a mail refuses none",
    arguments: ["greeting 554", "hello 502", "mail 530", "mail 550", "rcpt 530"])
  func mailUnserved(mode: String) async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try server(bench, mode)
    defer { process.crash() }
    let outcome = await (try sink(bench, port, timeout: "30s")).deliver(SinkBench.notification())
    let reason = try #require(SinkBench.retryReason(outcome), "\(mode): \(outcome)")
    #expect(reason.contains("reply \(mode.suffix(3))"), "\(mode): \(reason)")
  }

  @Test("a name that looks like one of Kerberos is still sent with its password")
  func mailMechanism() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try server(bench, "login")
    defer { process.crash() }
    let password = try bench.secret("word", "correct horse")
    let login = #", user: "ops@corp.example", password: "\#(password)""#
    let sink = try sink(bench, port, timeout: "30s", login)
    #expect(await sink.deliver(SinkBench.notification()) == .delivered)
    let commands = process.text.split(separator: "\n").filter { $0.hasPrefix("AUTH ") }
    #expect(commands == ["AUTH PLAIN"])
  }

  @Test("many mails at once wait for nobody's thread")
  func mailCrowd() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let count = ProcessInfo.processInfo.activeProcessorCount + 20
    let (process, port) = try server(bench, "crowd \(count)")
    defer { process.crash() }
    let sink = try sink(bench, port, timeout: "10s")
    let outcomes = await withTaskGroup(of: AlertOutcome.self) { group in
      for key in 1...count {
        group.addTask { await sink.deliver(SinkBench.notification(key: key)) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes == Array(repeating: .delivered, count: count))
  }
}
