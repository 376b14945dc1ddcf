import Detect
import Foundation
import Testing

extension AlertSinkLiveTests {
  private func settings(_ port: Int, _ rest: String = "", host: String = "localhost") -> String {
    #"{type: "smtp", host: "\#(host)", port: \#(port), from: "vigil@example.org", "#
      + #"to: ["ops@example.org", "ana@example.org"], timeout: "30s"\#(rest)}"#
  }

  @Test("a mail server with STARTTLS and AUTH gets the mail; hostile text stays in its place")
  func mail() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (certificate, key) = try bench.certificate()
    let (process, port) = try bench.listener(
      "smtp_sink.py",
      [
        bench.folder.path(""), "--tls", "starttls", "--certificate", certificate, "--key", key,
        "--user", "vigil", "--password", "correct horse",
      ], log: "smtp.log")
    defer { process.stop() }
    let login =
      #", user: "vigil", password: "\#(try bench.secret("word", "wrong"))", "#
      + #"authority_file: "\#(certificate)""#
    let sink = try bench.sink(settings(port, login))
    let text = "\u{202E}Łukasz\r\nBcc: evil@example.org\r\n\r\n.\r\nQUIT"
    let refused = SinkBench.retryReason(await sink.deliver(SinkBench.notification(text: text)))
    #expect(refused == "mail to localhost:\(port): name and password refused: reply 535")
    _ = try bench.secret("word", "correct horse")
    #expect(await sink.deliver(SinkBench.notification(text: text)) == .delivered)
    #expect(await sink.deliver(SinkBench.notification(.resolved, key: 2)) == .delivered)
    let envelopes = try bench.objects("envelopes.jsonl")
    #expect(envelopes.count == 2)
    #expect(envelopes[0]["to"] as? [String] == ["ops@example.org", "ana@example.org"])
    #expect(envelopes[0]["tls"] as? Bool == true && envelopes[0]["login"] as? String == "vigil")
    #expect(envelopes[0]["hello"] as? String == "host.example")
    #expect(
      try parsed(bench, "1.eml") == [
        "Vigil high: off_hours: \\u{202e}Łukasz\\u{d}\\u{a}Bcc: evil@example.org"
          + "\\u{d}\\u{a}\\u{d}\\u{a}.\\u{d}\\u{a}QUIT",
        "None", "<00000000000000000000000000000001@example.org>", "True",
      ])
    let wrongName = try bench.sink(settings(port, login, host: "127.0.0.1"))
    #expect(await wrongName.deliver(SinkBench.notification(key: 3)) == .delivered)
    let (stranger, _) = try bench.certificate("stranger")
    let distrusting = try bench.sink(
      settings(port, login.replacing(certificate, with: stranger)))
    let fault = SinkBench.retryReason(await distrusting.deliver(SinkBench.notification(key: 4)))
    #expect(fault?.contains("certificate refused") == true, "\(String(describing: fault))")
    #expect(try bench.objects("envelopes.jsonl").count == 3)
  }

  /// Subject, Bcc, Message-ID, and whether the text holds the subject, as Python reads the mail.
  private func parsed(_ bench: SinkBench, _ name: String) throws -> [String] {
    let code = """
      import email, email.policy, sys
      mail = email.message_from_bytes(open(sys.argv[1], "rb").read(), policy=email.policy.default)
      print(mail["subject"], mail["bcc"], mail["message-id"], sep="\\n")
      print(mail["subject"] in mail.get_content() and not mail.defects)
      """
    let process = try ReceiverProcess(
      "/usr/bin/python3", ["-c", code, bench.folder.path(name)], log: bench.folder.path("mail.log"))
    #expect(process.wait() == 0, "\(process.text)")
    return process.text.split(separator: "\n").map(String.init)
  }

  @Test("TLS from the first byte works; a server without TLS gets nothing")
  func mailSecurity() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (certificate, key) = try bench.certificate()
    let (implicit, implicitPort) = try bench.listener(
      "smtp_sink.py",
      [bench.folder.path(""), "--tls", "implicit", "--certificate", certificate, "--key", key],
      log: "implicit.log")
    defer { implicit.stop() }
    let sink = try bench.sink(
      settings(implicitPort, #", tls: "implicit", authority_file: "\#(certificate)""#))
    #expect(await sink.deliver(SinkBench.notification()) == .delivered)
    #expect(try bench.objects("envelopes.jsonl").count == 1)

    let (plain, plainPort) = try bench.listener(
      "smtp_sink.py", [bench.folder.path("")], log: "plain.log")
    defer { plain.stop() }
    let strict = try bench.sink(settings(plainPort))
    let reason = SinkBench.retryReason(await strict.deliver(SinkBench.notification(key: 2)))
    #expect(reason?.contains("found no STARTTLS") == true, "\(String(describing: reason))")
    #expect(try bench.objects("envelopes.jsonl").count == 1)
    let relaxed = try bench.sink(settings(plainPort, #", tls: "none""#))
    #expect(await relaxed.deliver(SinkBench.notification(key: 2)) == .delivered)
  }

  @Test(
    "replies of 400 are asked again, those of 500 refuse",
    arguments: [
      ("--rcpt", "450 busy", "retry"), ("--rcpt", "550 nobody", "refused"),
      ("--data", "452 full", "retry"), ("--data", "554 no", "refused"),
    ])
  func mailReplies(option: String, reply: String, expected: String) async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try bench.listener(
      "smtp_sink.py", [bench.folder.path(""), option, reply], log: "smtp.log")
    defer { process.stop() }
    let sink = try bench.sink(settings(port, #", tls: "none""#))
    let outcome = await sink.deliver(SinkBench.notification())
    let reason = "mail to localhost:\(port): reply \(reply.prefix(3))"
    #expect(
      outcome
        == (expected == "retry" ? .retry(reason: reason, after: nil) : .refused(reason: reason)))
  }
}
