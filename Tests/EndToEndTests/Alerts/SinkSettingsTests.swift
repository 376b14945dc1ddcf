import Detect
import Ingest
import Testing
import vigil

@Suite struct SinkSettingsTests {
  /// The settings of one sink, or the message that refuses them.
  private func read(_ text: String) -> Result<SinkSettings, ConfigurationError> {
    do throws(ConfigurationError) {
      let bytes = Array(text.utf8)
      return .success(
        try ConfigurationReader.read(
          bytes.span, file: "/etc/vigil/vigil.json5", SinkSettings.init(from:)))
    } catch {
      return .failure(error)
    }
  }

  @Test(
    "the smallest settings of each type are taken",
    arguments: [
      #"{type: "webhook", url: "https://a.example/hook", secret: "env:KEY"}"#,
      #"{type: "webhook", url: "file:/run/secrets/url", secret: "env:KEY", token: "env:T"}"#,
      #"{type: "slack", url: "file:/run/secrets/slack"}"#,
      #"{type: "alertmanager", url: "http://127.0.0.1:9093", labels: ["team=data"]}"#,
      #"{type: "pagerduty", routing_key: "exec:/usr/bin/pass show pagerduty"}"#,
      #"{type: "smtp", host: "mail.example.org", from: "v@example.org", to: ["o@example.org"]}"#,
      #"{type: "syslog", host: "logs.example.org"}"#,
      #"{type: "syslog", host: "::1", transport: "udp"}"#,
      #"{type: "command", command: ["/usr/bin/logger", "-t", "vigil"]}"#,
      #"{type: "file", path: "alerts.jsonl"}"#,
    ])
  func smallest(text: String) throws {
    let settings = try read(text).get()
    let isAlertmanager = text.contains("alertmanager")
    #expect(
      settings.events
        == (isAlertmanager ? [.raised, .resolved, .test] : Set(AlertNotification.Event.allCases)))
  }

  @Test(
    "what cannot be meant is refused, with its reason",
    arguments: [
      (#"{type: "pigeon"}"#, "expected one of"),
      (#"{type: "file", path: "a", colour: 1}"#, "unknown key"),
      (#"{type: "file", path: "a", events: ["rased"]}"#, "expected some of raised"),
      (#"{type: "file", path: "a", events: []}"#, "expected at least one"),
      (#"{type: "file", path: "a/"}"#, "expected the path of a file"),
      (#"{type: "file", path: "a", timeout: "5m"}"#, "expected a duration"),
      (
        #"{type: "smtp", host: "m", from: "v@e.org", to: ["o@e.org"], timeout: "601s"}"#,
        "expected a duration"
      ),
      (
        #"{type: "smtp", host: "m", from: "v@e.org", to: ["o@e.org"], hello: "a_b"}"#,
        "a host name or an address"
      ),
      (#"{type: "webhook", url: "https://a.example/"}"#, "secret"),
      (
        #"{type: "webhook", url: "http://a.example/", secret: "env:K"}"#,
        "found http to another host"
      ),
      (#"{type: "webhook", url: "http://127.0.0.1.a.example/", secret: "env:K"}"#, "another host"),
      (#"{type: "webhook", url: "ftp://a.example/", secret: "env:K"}"#, "expected https"),
      (#"{type: "webhook", url: "https://u:p@a.example/", secret: "env:K"}"#, "name and password"),
      (
        #"{type: "alertmanager", url: "https://a/", labels: ["vigil_group=x"]}"#,
        "neither alertname"
      ),
      (#"{type: "alertmanager", url: "https://a/", labels: ["a-b=x"]}"#, "name=value"),
      (
        #"{type: "smtp", host: "m", from: "v@e.org", to: ["o@e.org"], tls: "none"}"#,
        "off this host"
      ),
      (#"{type: "smtp", host: "m", from: "v@e.org\r\nBcc: x", to: ["o@e.org"]}"#, "an address"),
      (#"{type: "smtp", host: "m", from: "v@e.org", to: []}"#, "1 to 20"),
      (#"{type: "smtp", host: "m", from: "v@e.org", to: ["o@e.org"], user: "u"}"#, "both or none"),
      (#"{type: "smtp", host: "m/x", from: "v@e.org", to: ["o@e.org"]}"#, "a name or an address"),
      (#"{type: "syslog", host: "logs", transport: "udp"}"#, "off this host"),
      (#"{type: "syslog", host: "::1", element: "a]b"}"#, "printable"),
      (#"{type: "syslog", host: "::1", message_bytes: 100}"#, "480"),
      (#"{type: "command", command: ["logger"]}"#, "absolute path"),
      (#"{type: "command", command: []}"#, "absolute path"),
    ])
  func refused(text: String, reason: String) {
    guard case .failure(let error) = read(text) else {
      Issue.record("taken: \(text)")
      return
    }
    #expect("\(error)".contains(reason), "\(error)")
  }

  @Test(
    "a literal where a secret's reference belongs is refused and not shown",
    arguments: [
      #"{type: "slack", url: "https://hooks.example/T0/B0/hunter2"}"#,
      #"{type: "webhook", url: "https://a.example/", secret: "hunter2hunter2hunter2hunter2"}"#,
      #"{type: "webhook", url: "http://a.example/hunter2", secret: "env:K"}"#,
      #"{type: "pagerduty", routing_key: "hunter2"}"#,
      #"{type: "smtp", host: "m", from: "v@e.org", to: ["o@e.org"], user: "u", password: "hunter2"}"#,
    ])
  func literal(text: String) {
    guard case .failure(let error) = read(text) else {
      Issue.record("taken: \(text)")
      return
    }
    #expect(!"\(error)".contains("hunter2"), "\(error)")
  }

  @Test("a mail server may be given the ten minutes of its standard")
  func patience() throws {
    let text = #"{type: "smtp", host: "m", from: "v@e.org", to: ["o@e.org"], timeout: "600s"}"#
    _ = try read(text).get()
  }

  @Test("plain connections off this host are taken when they are asked for")
  func insecure() throws {
    for text in [
      #"{type: "webhook", url: "http://a.example/", secret: "env:K", insecure: true}"#,
      #"{type: "syslog", host: "logs", transport: "udp", insecure: true}"#,
      #"{type: "smtp", host: "m", from: "v@e.org", to: ["o@e.org"], tls: "none", insecure: true}"#,
    ] {
      _ = try read(text).get()
    }
  }

  @Test("the process's own surroundings are enough to make sinks of every type")
  func assembly() throws {
    var settings: [String: SinkSettings] = [:]
    for (name, text) in [
      ("chat", #"{type: "slack", url: "file:/run/secrets/slack"}"#),
      ("pager", #"{type: "pagerduty", routing_key: "env:KEY"}"#),
      ("log", #"{type: "syslog", host: "logs.example.org"}"#),
      ("mail", #"{type: "smtp", host: "m", from: "v@e.org", to: ["o@e.org"]}"#),
      ("run", #"{type: "command", command: ["/bin/true"]}"#),
      ("note", #"{type: "file", path: "alerts.jsonl"}"#),
    ] {
      settings[name] = try read(text).get()
    }
    let sinks = try SinkAssembly.sinks(from: settings, .system(report: { _ in }))
    #expect(Set(sinks.keys) == Set(settings.keys))
  }

  @Test("a file of authorities that is not there is told at once, with the sink's name")
  func authorityFile() throws {
    let text =
      #"{type: "alertmanager", url: "https://a.example/", authority_file: "/nowhere/ca.pem"}"#
    let settings = try read(text).get()
    let error = #expect(throws: SinkError.self) {
      try SinkAssembly.sinks(from: ["ops": settings], .system(report: { _ in }))
    }
    #expect(error?.description.hasPrefix("alert sink \"ops\": ") == true)
    #expect(error?.description.contains("/nowhere/ca.pem") == true)
  }
}
