import Detect
import Foundation
import Ingest
import TestSupport
import Testing

@Suite struct MailMessageTests {
  private static let format = MailMessage(
    from: "vigil@example.org", to: ["ops@example.org", "ana@example.org"])

  private static let text = """
    Date: Mon, 24 Nov 2025 08:34:12 +0000
    From: Vigil <vigil@example.org>
    To: ops@example.org,
     ana@example.org
    Subject: Vigil high: off_hours: ana triggered report at 03:12, 1 in 1,300
    Message-ID: <00112233445566778899aabbccddeeff@example.org>
    In-Reply-To: <group-e1@example.org>
    References: <group-e1@example.org>
    Auto-Submitted: auto-generated
    X-Vigil-Event: raised
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Vigil high: off_hours: ana triggered report at 03:12, 1 in 1,300

    Event: raised
    Severity: high
    Rule: off_hours
    Job: report
    Principal: ana
    Raised at: 2025-11-24T08:34:12.500000Z
    Findings: 1
    Group: e1
    Key: 00112233445566778899aabbccddeeff

    2025-11-24T08:34:12.500000Z high: off_hours: 1 in 1,300
    ana triggered report at 03:12, 1 in 1,300
    =46inding: 11111111111111111111111111111111

    """

  @Test("a mail is headers, what happened, and each finding")
  func golden() {
    let bytes = MailMessageTests.format.bytes(
      SampleNotification.make(), at: SampleNotification.instant)
    let lines = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
    #expect(lines.replacing("=46indings", with: "Findings") == MailMessageTests.text)
  }

  @Test("odds that no text could hold are told as less than a limit")
  func odds() {
    var notification = SampleNotification.make()
    notification.findings[0].pValue = 1e-300
    let bytes = MailMessageTests.format.bytes(notification, at: SampleNotification.instant)
    #expect(
      String(decoding: bytes, as: UTF8.self).contains("high: off_hours: less than 1 in 10^15"))
  }

  @Test("hostile text adds no header, breaks no line and stays ASCII", arguments: HostileText.texts)
  func hostile(text: String) throws {
    try check(text, label: text.prefix(40).debugDescription)
  }

  @Test("so does text thrown together", arguments: 0..<200)
  func random(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    try check(HostileText.random(&random), label: "seed \(seed)")
  }

  private func check(_ text: String, label: String) throws {
    var notification = SampleNotification.hostile(text, .resolved)
    // Not that a key should ever be anything but hexadecimal.
    notification.key = text
    let bytes = MailMessageTests.format.bytes(notification, at: SampleNotification.instant)
    #expect(bytes.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x0D || $0 == 0x0A }, "\(label)")
    #expect(bytes.suffix(2) == [0x0D, 0x0A])
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    #expect(lines.allSatisfy { !$0.contains("\r") && !$0.contains("\n") }, "\(label)")
    let end = try #require(lines.firstIndex(of: ""))
    #expect(lines[..<end].allSatisfy { $0.utf8.count <= 998 }, "\(label)")
    #expect(lines[end...].allSatisfy { $0.utf8.count <= 76 }, "\(label)")
    let encoded = lines[..<end].filter { $0.contains("=?utf-8?B?") }
    #expect(encoded.allSatisfy { $0.utf8.count <= 76 }, "\(label): \(encoded)")
    // No line of nothing but blanks among the headers, which obsolete readers take for their end.
    #expect(lines[..<end].allSatisfy { $0.contains { $0 != " " } }, "\(label)")
    let names = lines[..<end].filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
    let known: Set<Substring> = [
      "Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
      "X-Vigil-Event", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    ]
    #expect(Set(names).isSubset(of: known) && Set(names).count == names.count, "\(label): \(names)")
  }

  @Test(
    "an address is atoms around one @",
    arguments: [
      ("vigil@example.org", true), ("a.b+c@sub.example.org", true), ("root@localhost", true),
      ("a b@example.org", false), ("a@b@c", false), ("@example.org", false), ("a@", false),
      ("a@example.org>\r\nRCPT TO:<b", false), ("<a@b>", false), ("a..b@c", false), ("é@c", false),
      ("a,b@c", false), (String(repeating: "a", count: 65) + "@c", false),
    ])
  func addresses(text: String, isAddress: Bool) {
    #expect(MailMessage.isAddress(text) == isAddress)
  }
}

@Suite struct SyslogMessageTests {
  private static let format = SyslogMessage(
    facility: .authpriv, hostName: "host.example", element: "vigil@32473", byteCountMax: 2048)

  @Test("a message is header, one element of data, and text behind a BOM")
  func golden() {
    let bytes = SyslogMessageTests.format.bytes(
      SampleNotification.make(), at: SampleNotification.instant)
    let expected =
      #"<83>1 2025-11-24T08:34:12.500000Z host.example vigil - raised [vigil@32473 "#
      + #"key="00112233445566778899aabbccddeeff" group="e1" severity="high" count="1" "#
      + #"rule="off_hours" finding="11111111111111111111111111111111" job="report" "#
      + #"principal="ana" raised="2025-11-24T08:34:12.500000Z"] "#
      + "\u{FEFF}Vigil high: off_hours: ana triggered report at 03:12, 1 in 1,300"
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
    #expect(SyslogMessage.counted(Array("abc".utf8)) == Array("3 abc".utf8))
  }

  @Test(
    "hostile text stays in its value, and the message within its limit",
    arguments: HostileText.texts)
  func hostile(text: String) throws {
    try check(text, label: text.prefix(40).debugDescription)
  }

  @Test("so does text thrown together", arguments: 0..<200)
  func random(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    try check(HostileText.random(&random), label: "seed \(seed)")
  }

  private func check(_ text: String, label: String) throws {
    for limit in [480, 2048, 65_507] {
      var format = SyslogMessageTests.format
      format.byteCountMax = limit
      format.hostName = text
      let bytes = format.bytes(
        SampleNotification.hostile(text, .raised), at: SampleNotification.instant)
      #expect(bytes.count <= limit, "\(label)")
      let line = try #require(String(validating: bytes, as: UTF8.self), "\(label)")
      let message = try SyslogReading(line)
      #expect(message.parameters.first?.name == "key", "\(label)")
      #expect(message.parameters.allSatisfy { HostileText.isShown($0.value) }, "\(label)")
      #expect(Set(message.parameters.map(\.name)).count == message.parameters.count, "\(label)")
      #expect(HostileText.isShown(message.text), "\(label)")
      #expect(message.text.hasPrefix("Vigil high: off_hours"), "\(label)")
      if limit > 480, text.utf8.count < 100, HostileText.isShown(text) {
        #expect(message.parameters.first { $0.name == "principal" }?.value == text)
      }
    }
  }
}

/// A reader of RFC 5424 that knows nothing of the writer.
struct SyslogReading {
  private(set) var parameters: [(name: String, value: String)] = []
  private(set) var text = ""

  init(_ line: String) throws {
    var rest = Substring(line)
    for pattern in [
      #"<\d{1,3}>1 "#, #"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z "#, #"[!-~]{1,255} "#,
      #"vigil "#, #"- "#, #"[a-z]{1,32} "#, #"\[[!#-<>-\\^-~]{1,32}"#,
    ] {
      let range = try #require(
        rest.range(of: "^" + pattern, options: .regularExpression), "\(line)")
      rest = rest[range.upperBound...]
    }
    while let range = rest.range(of: #"^ [a-z]+=""#, options: .regularExpression) {
      let name = rest[range].dropFirst().dropLast(2)
      rest = rest[range.upperBound...]
      parameters.append((String(name), try SyslogReading.value(&rest)))
    }
    try #require(
      rest.hasPrefix("] \u{FEFF}") || rest.utf8.starts(with: "] \u{FEFF}".utf8), "\(line)")
    text = String(decoding: rest.utf8.dropFirst("] \u{FEFF}".utf8.count), as: UTF8.self)
  }

  private static func value(_ rest: inout Substring) throws -> String {
    var value = String.UnicodeScalarView()
    var isEscaped = false
    for index in rest.unicodeScalars.indices {
      let scalar = rest.unicodeScalars[index]
      if isEscaped {
        try #require(["\"", "\\", "]"].contains(scalar), "an escape of nothing that needs one")
        value.append(scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "\"" {
        rest = rest[rest.unicodeScalars.index(after: index)...]
        return String(value)
      } else {
        try #require(scalar != "]", "a bare bracket")
        value.append(scalar)
      }
    }
    throw CocoaError(.formatting)
  }
}
