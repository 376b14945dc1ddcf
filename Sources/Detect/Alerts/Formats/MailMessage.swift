package import Ingest

/// A mail in plain text after RFC 5322: ASCII alone, lines of 76 characters at most in its body, CR LF
/// behind each.
///
/// Nothing from outside gets into a header but the subject, on one line and, where it is not plain
/// ASCII, as encoded words (RFC 2047). The body is quoted-printable.
package struct MailMessage: Sendable {
  /// Scalars of the subject.
  package static let subjectScalarCountMax = 200
  /// Bytes that one line of text keeps before it is encoded.
  package static let lineByteCountMax = 4096

  /// An address as `isAddress` takes it.
  package var from: String
  package var to: [String]

  package init(from: String, to: [String]) {
    self.from = from
    self.to = to
  }

  /// The whole message, as of `now`.
  ///
  /// Its id is made of the notification's key: a repetition is the same mail.
  package func bytes(_ notification: AlertNotification, at now: Timestamp) -> [UInt8] {
    let domain = from.split(separator: "@").last ?? "localhost"
    var lines = [
      "Date: \(MailMessage.date(now))", "From: Vigil <\(from)>",
      "To: " + to.joined(separator: ",\r\n "),
      "Subject: " + MailHeader.text(subject(notification), after: "Subject: ".utf8.count),
      "Message-ID: <\(MailMessage.isDotAtom(notification.key) ? notification.key : "none")@\(domain)>",
    ]
    // Mails of one group hang together, though nobody ever sends their root.
    let group = "group-" + notification.groupID
    if MailMessage.isDotAtom(group) {
      lines += ["In-Reply-To: <\(group)@\(domain)>", "References: <\(group)@\(domain)>"]
    }
    lines += [
      "Auto-Submitted: auto-generated", "X-Vigil-Event: \(notification.event.rawValue)",
      "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable", "",
    ]
    let head = lines.map { $0 + "\r\n" }.joined()
    return Array(head.utf8) + QuotedPrintable.bytes(text(notification))
  }

  /// Whether a text is an address that can stand in a header and behind `RCPT TO:` as it is.
  package static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    return parts.count == 2 && text.utf8.count <= 254 && parts[0].utf8.count <= 64
      && parts.allSatisfy(isDotAtom)
  }

  /// Atoms parted by dots (RFC 5322 section 3.2.3), 200 characters at most.
  private static func isDotAtom(_ text: String) -> Bool {
    let marks = Array("!#$%&'*+-/=?^_`{|}~".utf8)
    guard text.utf8.count <= 200 else { return false }
    return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
      !atom.isEmpty
        && atom.utf8.allSatisfy { byte in
          (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
            || marks.contains(byte)
        }
    }
  }

  // MARK: What it says

  private func subject(_ notification: AlertNotification) -> String {
    AlertText.line(
      AlertText.headline(notification),
      AlertText.Limit(MailMessage.subjectScalarCountMax, .scalars))
  }

  private func text(_ notification: AlertNotification) -> [String] {
    let cut: (String) -> String = {
      AlertText.line($0, AlertText.Limit(MailMessage.lineByteCountMax, .bytes))
    }
    var lines = [cut(AlertText.headline(notification)), ""]
    for fact in AlertText.facts(notification) { lines.append("\(fact.name): \(cut(fact.value))") }
    let findings = notification.findings.prefix(AlertNotification.findingCountMax)
    for finding in findings {
      lines += [
        "",
        "\(finding.timestamp.rfc3339) \(finding.severity.rawValue): \(cut(finding.rule)): "
          + Legible.odds(finding.pValue),
        cut(finding.explanation), "Finding: \(cut(finding.findingID))",
      ]
    }
    let left = notification.findingCount - findings.count
    if left > 0 { lines += ["", "and \(Legible.count(left, "more finding"))"] }
    return lines
  }

  /// As `Tue, 24 Nov 2026 18:54:12 +0000`.
  static func date(_ instant: Timestamp) -> String {
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let (day, second) = instant.unixSeconds.flooredDivision(by: 86_400)
    let date = CivilDate(daysSinceEpoch: Int(day))
    var bytes = Array("\(days[date.weekday]), \(date.day) \(months[date.month - 1]) ".utf8)
    bytes.appendDecimal(date.year, width: 4)
    for (mark, value) in [
      (" ", second / 3600), (":", second / 60 % 60), (":", second % 60),
    ] {
      bytes += Array(mark.utf8)
      bytes.appendDecimal(Int(value), width: 2)
    }
    return String(decoding: bytes, as: UTF8.self) + " +0000"
  }
}

/// Text of a header, folded.
enum MailHeader {
  /// Characters of a folded line (RFC 5322 section 2.1.1).
  static let lineCharacterCountMax = 78
  /// Characters of a line that holds an encoded word (RFC 2047 section 2).
  static let wordLineCharacterCountMax = 76

  /// - Parameter offset: characters that stand on the first line already.
  static func text(_ text: String, after offset: Int) -> String {
    let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    // What only looks like an encoded word would be decoded by its reader.
    return isPlain && !text.contains("=?")
      ? folded(text, after: offset) : encoded(text, after: offset)
  }

  /// Broken before a blank, which stays. A word longer than a line stays whole, within 998 characters.
  private static func folded(_ text: String, after offset: Int) -> String {
    var result = ""
    var column = offset
    for (index, word) in text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
      if index > 0 {
        // A line of nothing but blanks is none that a header may have.
        let breaks = column + 1 + word.count > lineCharacterCountMax && !word.isEmpty && column > 0
        result += breaks ? "\r\n " : " "
        column = breaks ? 1 : column + 1
      }
      result += word
      column += word.count
    }
    return result
  }

  private static func encoded(_ text: String, after offset: Int) -> String {
    var words: [[UInt8]] = [[]]
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      let limit = wordByteCountMax(after: words.count == 1 ? offset : 1)
      if words[words.count - 1].count + bytes.count > limit { words.append([]) }
      words[words.count - 1] += bytes
    }
    return words.map { "=?utf-8?B?\(Base64.text($0))?=" }.joined(separator: "\r\n ")
  }

  /// Bytes of text in one encoded word: four characters for three bytes, and 12 around them. A scalar's
  /// four at least.
  private static func wordByteCountMax(after offset: Int) -> Int {
    max(4, (wordLineCharacterCountMax - offset - 12) / 4 * 3)
  }
}

/// Quoted-printable of RFC 2045 section 6.7.
enum QuotedPrintable {
  /// Characters of a line, the soft break's `=` included.
  static let lineCharacterCountMax = 76

  /// Lines without line breaks in them, each ended by CR LF.
  static func bytes(_ lines: [String]) -> [UInt8] {
    var result: [UInt8] = []
    for line in lines {
      var column = 0
      let bytes = Array(line.utf8)
      for (index, byte) in bytes.enumerated() {
        let piece = encoded(byte, isAtEdge: index == 0 || index == bytes.count - 1)
        if column + piece.count >= lineCharacterCountMax {
          result += [UInt8(ascii: "="), 0x0D, 0x0A]
          column = 0
        }
        result += piece
        column += piece.count
      }
      result += [0x0D, 0x0A]
    }
    return result
  }

  /// At a line's edge blanks, dots and the F of `From ` are safer encoded too.
  private static func encoded(_ byte: UInt8, isAtEdge: Bool) -> [UInt8] {
    let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "=")
    let edges = [UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: "F")]
    if isPlain, !(isAtEdge && edges.contains(byte)) { return [byte] }
    return [UInt8(ascii: "=")] + Array(Hexadecimal.text([byte]).uppercased().utf8)
  }
}
