import Ingest
import Report
import TestSupport
import Testing

/// What a hostile name becomes in each format.
@Suite struct TextFormatTests {
  private func package() throws -> SimulatedStorage { try PackageFixture().export() }

  @Test("a CSV cell that would be a formula begins with an apostrophe, and no row breaks")
  func csv() throws {
    let text = try PackageFixture.text("tables/requests.csv", try package())
    #expect(text.contains("\"'=cmd|'/C calc'!A1<script>"))
    #expect(!text.contains(",=cmd") && !text.contains("\"=cmd"))
    let unquoted = text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 0 }.map(\.element).joined()
    #expect(unquoted.split(separator: "\r\n").count == 1 + 4, "a header and four requests")
  }

  @Test("a CEF line has one header, and values cannot add fields, lines or headers")
  func cef() throws {
    let lines = try PackageFixture.text("events.cef", try package()).split(separator: "\n")
    for line in lines {
      #expect(line.hasPrefix("CEF:0|Vigil|vigil|1|"))
      // Seven header fields, then the extension, in which a bar is no separator.
      let parts = Self.parts(line, at: "|", most: 8)
      #expect(parts.count == 8 && Int(parts[6]).map { (0...10).contains($0) } == true, "\(line)")
      let keys = Self.parts(parts[7], at: "=", most: .max).dropLast().map { part in
        part.split(separator: " ").last.map(String.init) ?? ""
      }
      #expect(!keys.isEmpty && Set(keys).count == keys.count, "\(line)")
      #expect(
        keys.allSatisfy { key in
          !key.isEmpty && key.utf8.allSatisfy { (0x30...0x7A).contains($0) && $0 != 0x3C }
        }, "\(keys)")
    }
    let hostile = try #require(lines.first { $0.contains("cmd") })
    #expect(hostile.contains("suser=\\=cmd|'/C calc'!A1<script>"))
    #expect(hostile.contains("\\n src=10.0.0.7"), "the line end within the name is two characters")
  }

  /// The parts between separators that no backslash is before, at most so many.
  private static func parts(
    _ text: some StringProtocol, at separator: Unicode.Scalar, most: Int
  ) -> [String] {
    var parts = [String.UnicodeScalarView()]
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if scalar == separator, !isEscaped, parts.count < most {
        parts.append(String.UnicodeScalarView())
      } else {
        parts[parts.count - 1].append(scalar)
      }
      isEscaped = scalar == "\\" && !isEscaped
    }
    return parts.map { String($0) }
  }

  @Test("nothing of a name is markup in the report, and nothing is loaded")
  func html() throws {
    let text = try PackageFixture.text("report.html", try package())
    #expect(!text.contains("<script"))
    #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}&quot;&amp;&#39;\\u{a}"))
    #expect(text.contains("default-src 'none'"))
    for word in ["http:", "https:", "src=", "@import", "url(", "javascript"] {
      #expect(!text.contains(word), "\(word)")
    }
  }

  @Test("a suppression is listed with who, why and its entry")
  func suppressions() throws {
    var alert = AlertRecord(event: .suppressed)
    (alert.findingID, alert.principal, alert.reason) = ("f00d", "bruno", "known restart")
    let header = RecordHeader(timestamp: Build.time(50), source: "vigil/gateway", id: "s1")
    let package = try PackageFixture([Record(header: header, body: .alert(alert))]).export()
    let text = try PackageFixture.text("report.html", package)
    #expect(
      text.contains(
        "<td data-name=\"Who\">bruno</td><td data-name=\"What\">finding f00d</td><td data-name=\"Why\">known restart</td>"
      ))
  }

  @Test("every link of the report has a target, every table a caption and a keyboard's way in")
  func structure() throws {
    let text = try PackageFixture.text("report.html", try package())
    for link in text.split(separator: "href=\"#").dropFirst() {
      let id = link.prefix { $0 != "\"" }
      #expect(text.contains("id=\"\(id)\""), "\(id)")
    }
    func count(_ word: String) -> Int { text.components(word) }
    #expect(count("<table>") == count("<caption>") && count("<table>") == count("tabindex=\"0\""))
    #expect(count("<svg") == count("role=\"img\""))
    #expect(count("<section") == count("</section>"))
  }
}

extension String {
  /// How often a word occurs.
  fileprivate func components(_ word: String) -> Int { ranges(of: word).count }
}
