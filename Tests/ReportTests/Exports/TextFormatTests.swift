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

  /// The report without the names that a phone shows beside its cells.
  private static func report(_ package: SimulatedStorage) throws -> String {
    try PackageFixture.text("report.html", package).replacing(#/ data-name="[^"]*"/#, with: "")
  }

  @Test("suppressions are listed with whose, who, why, until when and their entries")
  func suppressions() throws {
    var one = AlertRecord(event: .suppressed)
    (one.findingID, one.principal, one.reason) = ("f00d", "bruno", "known restart")
    var many = AlertRecord(event: .suppressed)
    many.suppressionID = "s2"
    var match = AlertRecord.Match()
    (match.rule, match.job) = ("off_hours", "etl-*")
    (many.match, many.owner, many.principal) = (match, "data-team", "bruno")
    (many.reason, many.expiresAt) = ("night shift", Build.time(86_400))
    var withheld = AlertRecord(event: .suppressed)
    (withheld.findingID, withheld.suppressionID) = ("beef", "s2")
    var lifted = AlertRecord(event: .lifted)
    (lifted.suppressionID, lifted.principal, lifted.reason) = ("s2", "kim", "over")
    let records = [one, many, withheld, lifted].enumerated().map { place, alert in
      Record(
        header: RecordHeader(
          timestamp: Build.time(50 + Double(place)), source: "vigil/alerts", id: "s\(place)"),
        body: .alert(alert))
    }
    let package = try PackageFixture(records).export()
    let text = try Self.report(package)
    let rows = [
      "<td>finding f00d</td><td>-</td><td>bruno</td><td>known restart</td><td>no end</td>",
      "<td>rule off_hours, job etl-*</td><td>data-team</td><td>bruno</td><td>night shift</td>"
        + "<td>2026-11-25 05:00:00</td>",
      "<td>suppression s2</td><td>-</td><td>kim</td><td>over</td><td>lifted</td>",
    ]
    for row in rows { #expect(text.contains(row), "\(row)") }
    #expect(!text.contains("<td>finding beef</td>"))
    let lines = try PackageFixture.text("tables/records.jsonl", package)
    #expect(lines.contains("\"match\":{\"rule\":\"off_hours\",\"job\":\"etl-*\"}"))
    #expect(lines.contains("\"owner\":\"data-team\""))
  }

  @Test("suppressions that were in force when the period began are in the manifest and the report")
  func suppressionsBefore() throws {
    func alert(_ at: Double, _ id: String, _ event: AlertRecord.Event, until: Double) -> Record {
      var body = AlertRecord(event: event)
      body.suppressionID = id
      if event == .suppressed {
        var match = AlertRecord.Match()
        match.principal = "alice"
        (body.match, body.owner, body.reason) = (match, "data-team", "night shift of alice")
        body.expiresAt = Build.time(until)
      }
      return Record(
        header: RecordHeader(
          timestamp: Build.time(at), source: "vigil/alerts", id: "\(id)/\(event)"),
        body: .alert(body))
    }
    let records =
      [
        alert(1, "in-force", .suppressed, until: 90_000),
        alert(2, "ended", .suppressed, until: 900),
        alert(3, "lifted", .suppressed, until: 90_000), alert(4, "lifted", .lifted, until: 0),
      ] + PackageFixture.records
      + [
        PackageFixture.request("late", Build.time(7000), principal: "bruno"),
        alert(7100, "later", .suppressed, until: 90_000),
      ]
    let fixture = try PackageFixture(records)
    let query = PackageFixture.query { $0.since = Build.time(3600) }
    let package = try fixture.export(query)
    let manifest = try Manifest(try #require(package.bytes("manifest.json")))
    #expect(manifest.suppressionsBefore.map(\.suppressionID) == ["in-force"])
    #expect(manifest.suppressionsBefore[0].owner == "data-team")
    #expect(try Manifest(manifest.bytes) == manifest)
    let text = try Self.report(package)
    #expect(text.contains("<td>principal alice</td><td>data-team</td>"))
    let verdict = try fixture.check(package)
    #expect(verdict.manifest == manifest && verdict.reasons.isEmpty)
    // Nobody is named where nobody may be.
    let hidden = try fixture.export(query) {
      $0.privacy.isPseudonymised = true
      $0.withhold(
        RecordTransform(
          pseudonyms: Pseudonyms(key: [UInt8](repeating: 7, count: 32)), redacting: []))
    }
    let masked = try PackageFixture.text("manifest.json", hidden)
    #expect(masked.contains("in-force") && !masked.contains("alice") && !masked.contains("night"))
    #expect(!masked.contains("data-team"))
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
