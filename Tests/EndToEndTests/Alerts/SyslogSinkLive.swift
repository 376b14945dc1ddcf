import Detect
import Foundation
import Testing

/// rsyslog on three loopback ports, which writes what it understood as lines of JSON.
private struct SyslogServerProcess {
  let process: ReceiverProcess
  let ports: (udp: UInt16, tcp: UInt16, tls: UInt16)

  init(_ bench: SinkBench, certificate: String, key: String) throws {
    ports = (try freePort(), try freePort(), try freePort())
    let fields = [
      ("pri", "pri"), ("host", "hostname"), ("app", "app-name"), ("id", "msgid"),
      ("data", "structured-data"), ("text", "msg"),
    ].map { name, property in
      #"constant(value=",\"\#(name)\":\"") property(name="\#(property)" format="json") constant(value="\"")"#
    }.joined(separator: " ")
    let text = """
      global(workDirectory="\(bench.folder.path(""))" maxMessageSize="64k"
        parser.escapeControlCharactersOnReceive="off"
        defaultNetstreamDriverCAFile="\(certificate)" defaultNetstreamDriverCertFile="\(certificate)"
        defaultNetstreamDriverKeyFile="\(key)")
      module(load="imudp")
      module(load="imtcp")
      template(name="lines" type="list") { constant(value="{\\"kind\\":\\"syslog\\"") \(fields) constant(value="}\\n") }
      input(type="imudp" address="127.0.0.1" port="\(ports.udp)")
      input(type="imtcp" address="127.0.0.1" port="\(ports.tcp)")
      input(type="imtcp" address="127.0.0.1" port="\(ports.tls)" streamDriver.name="ossl"
        streamDriver.mode="1" streamDriver.authMode="anon")
      action(type="omfile" file="\(bench.folder.path("received"))" template="lines")
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: bench.folder.path("rsyslog.conf")))
    process = try ReceiverProcess(
      "/usr/sbin/rsyslogd",
      [
        "-n", "-f", bench.folder.path("rsyslog.conf"), "-i", bench.folder.path("rsyslog.pid"),
      ], log: bench.folder.path("rsyslog.log"))
    for port in [ports.tcp, ports.tls] {
      try process.wait(for: "rsyslog") { SyslogServerProcess.isListening(port) }
    }
  }

  /// Without connecting: a connection of ours would be a client to the server.
  private static func isListening(_ port: UInt16) -> Bool {
    let table = (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)) ?? ""
    let hex = String(port, radix: 16, uppercase: true)
    let word = ":" + String(repeating: "0", count: 4 - hex.count) + hex
    return table.split(separator: "\n").contains { line in
      let columns = line.split(separator: " ")
      return columns.count > 3 && columns[1].hasSuffix(word) && columns[3] == "0A"
    }
  }
}

extension AlertSinkLiveTests {
  private func settings(_ transport: String, _ port: UInt16, _ rest: String = "") -> String {
    #"{type: "syslog", host: "localhost", port: \#(port), transport: "\#(transport)", "#
      + #"facility: "local3", timeout: "30s"\#(rest)}"#
  }

  @Test("a syslog server understands every part over UDP, TCP and TLS, hostile text and all")
  func syslog() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (certificate, key) = try bench.certificate()
    let server = try SyslogServerProcess(bench, certificate: certificate, key: key)
    defer { server.process.stop() }
    let hostile = "a\"b]c\\d\r\ne\0f 7 g\u{202E}Łukasz <1>1 - - -"
    let trusted = #", authority_file: "\#(certificate)", message_bytes: 60000"#
    var count = 0
    for (transport, port, rest) in [
      ("udp", server.ports.udp, #", host_name: "other.example""#), ("tcp", server.ports.tcp, ""),
      ("tls", server.ports.tls, trusted),
    ] {
      let sink = try bench.sink(settings(transport, port, rest))
      for text in [hostile, String(repeating: "é", count: 20_000)] {
        count += 1
        let outcome = await sink.deliver(SinkBench.notification(key: count, text: text))
        #expect(outcome == .delivered, "\(transport): \(outcome)")
      }
    }
    try server.process.wait(for: "the last message") {
      bench.text("received").split(separator: "\n").count == count
    }
    let received = try bench.objects("received").sorted {
      ($0["data"] as? String ?? "") < ($1["data"] as? String ?? "")
    }
    for (index, message) in received.enumerated() {
      let data = try #require(message["data"] as? String)
      #expect(message["pri"] as? String == "155", "\(message)")
      #expect(message["host"] as? String == (index < 2 ? "other.example" : "host.example"))
      #expect(message["app"] as? String == "vigil" && message["id"] as? String == "raised")
      #expect(data.contains(#"key="\#(SinkBench.notification(key: index + 1).key)""#), "\(data)")
      let text = try #require(message["text"] as? String)
      #expect(text.contains("Vigil high: off_hours: "), "\(text)")
      guard index.isMultiple(of: 2) else { continue }
      #expect(
        data.contains(
          #"principal="a\"b\]c\\d\\u{d}\\u{a}e\\u{0}f 7 g\\u{202e}Łukasz <1>1 - - -""#), "\(data)")
      #expect(text.hasSuffix("Łukasz <1>1 - - -"), "\(text)")
    }
    let long = received.map { ($0["text"] as? String ?? "").utf8.count }
    // Cut at 2,048 bytes a message by default, and whole where more is allowed.
    #expect(long[1] < 2048 && long[3] < 2048 && long[5] > 40_000, "\(long)")
  }

  @Test("a syslog server that is not there, not trusted or not tls is told, and may be there later")
  func syslogFaults() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (certificate, key) = try bench.certificate()
    let (stranger, _) = try bench.certificate("stranger")
    let server = try SyslogServerProcess(bench, certificate: certificate, key: key)
    defer { server.process.stop() }
    let nobody = try freePort()
    for (text, expected) in [
      (settings("tcp", nobody), "not connected"), (settings("udp", nobody), "not connected"),
      (settings("tls", nobody), "not connected"),
      (
        settings("tls", server.ports.tls, #", authority_file: "\#(stranger)""#),
        "certificate refused"
      ),
      (settings("tls", server.ports.tls), "certificate refused"),
      (settings("tls", server.ports.tcp).replacing("30s", with: "3s"), "localhost"),
      (
        settings("tcp", 514).replacing("localhost", with: "nowhere.invalid").dropLast()
          + ", insecure: true}", "not resolved"
      ),
      (
        settings("udp", 514).replacing("localhost", with: "nowhere.invalid").dropLast()
          + ", insecure: true}", "not resolved"
      ),
    ] {
      let outcome = await (try bench.sink(String(text))).deliver(SinkBench.notification())
      #expect(SinkBench.retryReason(outcome)?.contains(expected) == true, "\(text): \(outcome)")
    }
    // It hangs up as soon as it is connected to: bytes that left are not bytes that arrived.
    for (transport, words) in [("tcp", []), ("tls", [certificate, key])] {
      let (rude, port) = try bench.listener("rude_server.py", words, log: "rude.log")
      defer { rude.stop() }
      let rest = transport == "tls" ? #", authority_file: "\#(certificate)""# : ""
      let sink = try bench.sink(settings(transport, UInt16(port), rest))
      let outcome = await sink.deliver(SinkBench.notification())
      #expect(
        SinkBench.retryReason(outcome)?.contains("connection lost") == true,
        "\(transport): \(outcome)")
    }
  }

  @Test("words that nobody asked for are no loss of the connection")
  func syslogTalk() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let (process, port) = try bench.listener("rude_server.py", ["--talk"], log: "talk.log")
    defer { process.crash() }
    let sink = try bench.sink(settings("tcp", UInt16(port)))
    #expect(await sink.deliver(SinkBench.notification()) == .delivered)
  }
}
