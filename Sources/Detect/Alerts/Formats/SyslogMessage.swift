package import Ingest

/// A message of RFC 5424: header, one element of structured data, text in UTF-8 behind a BOM.
package struct SyslogMessage: Sendable {
  /// Facilities by the names of syslog.conf, each with its number (RFC 5424 section 6.2.1).
  package enum Facility: String, Sendable, CaseIterable {
    case user, daemon, auth, authpriv, audit
    case local0, local1, local2, local3, local4, local5, local6, local7

    var number: Int {
      switch self {
      case .user: 1
      case .daemon: 3
      case .auth: 4
      case .authpriv: 10
      case .audit: 13
      case .local0: 16
      case .local1: 17
      case .local2: 18
      case .local3: 19
      case .local4: 20
      case .local5: 21
      case .local6: 22
      case .local7: 23
      }
    }
  }

  /// Bytes of a whole message: below 480 no receiver need be, and above 65,507 no datagram is.
  package static let byteCounts = 480...65_507
  /// What every receiver should take (RFC 5424 section 6.1).
  package static let byteCountStandard = 2048
  /// Bytes of a parameter's value.
  package static let valueByteCountMax = 256
  /// `vigil@` and the number that IANA keeps for documentation: a site's own goes in its place.
  package static let elementStandard = "vigil@32473"

  package var facility: Facility
  /// As in the header: 1 to 255 printable ASCII characters; anything else is left out of it.
  package var hostName: String
  package var element: String
  package var byteCountMax: Int

  package init(facility: Facility, hostName: String, element: String, byteCountMax: Int) {
    self.facility = facility
    self.hostName = hostName
    self.element = element
    self.byteCountMax = byteCountMax
  }

  /// The message, `byteCountMax` bytes at most, as of `now`.
  ///
  /// Where it does not fit, the text is cut first, then the last parameters are left out.
  package func bytes(_ notification: AlertNotification, at now: Timestamp) -> [UInt8] {
    let priority = facility.number * 8 + SyslogMessage.severity(notification)
    var text = "<\(priority)>1 \(now.rfc3339) \(headerField(hostName)) vigil - "
    text += "\(notification.event.rawValue) [\(element)"
    // As much is kept for the text, where there is so much.
    let textByteCount = 128
    for (name, value) in parameters(notification) {
      let parameter = " \(name)=\"\(SyslogMessage.value(value))\""
      guard text.utf8.count + parameter.utf8.count + textByteCount <= byteCountMax else { break }
      text += parameter
    }
    text += "] \u{FEFF}"
    let left = AlertText.Limit(max(0, byteCountMax - text.utf8.count), .bytes)
    return Array((text + AlertText.line(AlertText.headline(notification), left)).utf8)
  }

  /// The message with its length before it (RFC 6587 section 3.4.1, RFC 5425 section 4.3).
  package static func counted(_ message: [UInt8]) -> [UInt8] {
    Array("\(message.count) ".utf8) + message
  }

  /// Whether a text may name an element or stand in the header (SD-NAME of RFC 5424).
  package static func isName(_ text: String, characterCountMax: Int = 32) -> Bool {
    (1...characterCountMax).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "]")
          && byte != UInt8(ascii: "\"")
      }
  }

  private func headerField(_ text: String) -> String {
    SyslogMessage.isName(text, characterCountMax: 255) ? text : "-"
  }

  /// News of an alert is a notice, however bad the alert.
  private static func severity(_ notification: AlertNotification) -> Int {
    guard notification.event == .raised else { return 5 }
    return switch notification.severity {
    case .critical: 2
    case .high: 3
    case .medium: 4
    case .low: 5
    case .informational: 6
    }
  }

  /// The most needed first.
  private func parameters(_ notification: AlertNotification) -> [(String, String)] {
    let finding = AlertText.lead(notification)
    let all: [(String, String?)] = [
      ("key", notification.key), ("group", notification.groupID),
      ("severity", notification.severity.rawValue), ("count", "\(notification.findingCount)"),
      ("rule", finding?.rule), ("finding", finding?.findingID), ("job", finding?.job),
      ("principal", finding?.principal), ("owner", notification.owner),
      ("raised", notification.raisedAt.rfc3339), ("by", notification.principal),
      ("reason", notification.reason),
    ]
    return all.compactMap { pair in pair.1.map { (pair.0, $0) } }
  }

  /// A backslash before `"`, `\` and `]` (RFC 5424 section 6.3.3).
  private static func value(_ text: String) -> String {
    AlertText.line(text, AlertText.Limit(valueByteCountMax, .bytes)) { scalar in
      switch scalar {
      case "\"": "\\\""
      case "\\": "\\\\"
      case "]": "\\]"
      default:
        // The backslash that shows a control is one of the value's own.
        AlertText.shown(scalar).replacing("\\", with: "\\\\")
      }
    }
  }
}
