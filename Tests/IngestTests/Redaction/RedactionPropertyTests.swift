import Ingest
import Testing

/// Secrets of every kind, planted in every place of every line shape, never come out again.
@Suite struct RedactionPropertyTests {
  /// Real lines, one or two of each shape.
  private static func templates() throws -> [[UInt8]] {
    var lines: [[UInt8]] = [Array(CaddyAccessLogTests.line().utf8)]
    for (file, marks) in [
      ("live-1/caddy-access.log", ["\"status\":202", "\"status\":502", "\"Traceparent\""]),
      ("live-1/caddy-runtime.log", ["http.log.error", "\"admin.api\"", "stapling"]),
      ("live-1/trigger-events.jsonl", ["run.requested", "run.spawned", "run.rejected"]),
      (
        "live-1/luigi-events.jsonl", ["run.start", "task.failure", "task.progress", "task.timeout"]
      ),
      ("variants/json-mtls.log", ["client_serial"]),
      ("variants/json-rfc3339-string.log", ["µs"]),
    ] {
      let all = try RecordedLog.lines(file)
      for mark in marks {
        let line = try #require(all.first { String(decoding: $0, as: UTF8.self).contains(mark) })
        lines.append(line)
      }
    }
    lines.append(
      Array(
        (#"{"v":1,"kind":"run","ts":"2026-11-24T05:28:54Z","source":"a/b","id":"i","run_id":"r","#
          + #""job":"j","event":"failed","params":{"tag":"x"},"error":{"type":"t","#
          + #""message":"m"},"extra":"e"}"#).utf8))
    return lines
  }

  /// Everything that a parsed line shows to the outside.
  private func output(_ parsed: ParsedLine) -> String {
    switch parsed {
    case .record(let prepared): String(decoding: prepared.record.encoded(), as: UTF8.self)
    case .rejected(let rejection): rejection.detail + "\n" + rejection.excerpt
    case .ignored(let reason): reason
    case .blank: ""
    }
  }

  /// Byte ranges of all string values (or keys) of a line, without the quotes.
  private func strings(_ line: [UInt8], keys: Bool = false) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var index = 0
    while index < line.count {
      guard line[index] == UInt8(ascii: "\"") else {
        index += 1
        continue
      }
      var end = index + 1
      while line[end] != UInt8(ascii: "\"") { end += line[end] == UInt8(ascii: "\\") ? 2 : 1 }
      let isKey = end + 1 < line.count && line[end + 1] == UInt8(ascii: ":")
      if isKey == keys { ranges.append((index + 1)..<end) }
      index = end + 1
    }
    return ranges
  }

  private func check(
    _ line: [UInt8], _ secret: PlantedSecret, _ parser: inout LineParser, _ seed: UInt64
  ) {
    let shown = output(parser.parse(line))
    #expect(
      !secret.shows(in: shown),
      "seed \(seed): \(secret.text)\nin: \(String(decoding: line, as: UTF8.self))\nout: \(shown)")
  }

  @Test(arguments: [1, 2] as [UInt64])
  func aSecretKnownByItsShapeIsTakenOutOfEveryString(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    var parser = LineParser(format: .auto)
    for template in try RedactionPropertyTests.templates() {
      for range in strings(template) {
        let secrets = PlantedSecret.shaped(&random)
        for form in PlantedForm.allCases {
          let secret = try #require(secrets.randomElement(using: &random))
          // Pairs of a Basic credential are base64 already: their base64 is beyond the lists.
          let padding = ["", "x ", "reading: "].randomElement(using: &random) ?? ""
          let content = Array((padding + form.written(secret.text)).utf8)
          check(
            Array(template[..<range.lowerBound]) + content + template[range.upperBound...], secret,
            &parser, seed)
        }
      }
    }
  }

  @Test(arguments: [3] as [UInt64])
  func aSecretKnownByItsShapeIsTakenOutOfEveryKeyAndBrokenLine(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    var parser = LineParser(format: .auto)
    for template in try RedactionPropertyTests.templates() {
      for range in strings(template, keys: true) {
        let secret = try #require(PlantedSecret.shaped(&random).randomElement(using: &random))
        let key = Array(PlantedForm.raw.written(secret.text).utf8)
        check(
          Array(template[..<range.lowerBound]) + key + template[range.upperBound...], secret,
          &parser, seed)
      }
      for range in strings(template) {
        let secret = try #require(PlantedSecret.shaped(&random).randomElement(using: &random))
        let form = try #require(PlantedForm.allCases.randomElement(using: &random))
        let whole =
          Array(template[..<range.lowerBound]) + Array(form.written(secret.text).utf8)
          + template[range.upperBound...]
        check(Array(whole.dropLast(Int.random(in: 1...40, using: &random))), secret, &parser, seed)
        let start = Int.random(in: 1...max(1, range.lowerBound - 1), using: &random)
        check(Array(whole[start...]), secret, &parser, seed)
      }
    }
  }

  private static let secretNames = [
    "password", "PASSWORD", "db_password", "userPassword", "api_key", "X-Api-Key", "access_token",
    "client-secret", "AWS_SECRET_ACCESS_KEY", "Authorization", "sessionId", "dbPwd", "SMTP_PASS",
    #"\u0070assword"#, #"to\u006Ben"#, #"p\u0061ss\u0077d"#,
  ]

  /// How a named secret stands in the text of any string: name and value.
  private static let textShapes = [
    "%n=%v", "%n: %v", "--%n %v", "--%n=%v", "{\\\"%n\\\": \\\"%v\\\"}", "%n => '%v'",
    "failed with %n '%v' at 3", "x?%n=%v&n=1", "{\\\"a\\\":{\\\"%n\\\":[\\\"%v\\\"]}}",
    "body was {\\\"%n\\\":\\\"%v\\\"} here", "%n%3D%v", "export %n=\\\"%v\\\"",
  ]

  @Test(arguments: [4] as [UInt64])
  func aValueUnderASecretNameIsTakenOutOfEveryString(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    var parser = LineParser(format: .auto)
    for template in try RedactionPropertyTests.templates() {
      for range in strings(template) {
        for shape in RedactionPropertyTests.textShapes {
          let secret = PlantedSecret.named(&random)
          let name = try #require(
            RedactionPropertyTests.secretNames.randomElement(using: &random))
          let content = shape.replacing("%n", with: name).replacing("%v", with: secret.text)
          check(
            Array(template[..<range.lowerBound]) + Array(content.utf8)
              + template[range.upperBound...], secret, &parser, seed)
        }
      }
    }
  }

  @Test(arguments: [5] as [UInt64])
  func aMemberWithASecretNameIsTakenOutOfEveryObject(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    var parser = LineParser(format: .auto)
    let values = [
      "\"%v\"", "[\"%v\"]", "{\"a\":\"%v\"}", "[1,[\"%v\",{\"b\":[\"x\",\"%v\"]}]]", "\"%v",
    ]
    for template in try RedactionPropertyTests.templates() {
      for offset in template.indices where template[offset] == UInt8(ascii: "{") {
        for value in values {
          let secret = PlantedSecret.named(&random)
          let name = try #require(
            RedactionPropertyTests.secretNames.randomElement(using: &random))
          let isLast = template[offset + 1] == UInt8(ascii: "}")
          let member = "\"\(name)\":\(value.replacing("%v", with: secret.text))\(isLast ? "" : ",")"
          check(
            Array(template[...offset]) + Array(member.utf8) + template[(offset + 1)...], secret,
            &parser, seed)
        }
      }
    }
  }

  @Test(arguments: [6] as [UInt64])
  func anyHeaderThatIsNotListedAndAnyQueryValueIsTakenOut(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    var parser = LineParser(format: .auto)
    for index in 0..<200 {
      let secret = PlantedSecret.named(&random)
      let name = "X-" + random.text("abcdefghijklmnop", 6)
      let line = CaddyAccessLogTests.line(headers: "\"\(name)\":[\"a\",\"\(secret.text)\"]")
      check(Array(line.utf8), secret, &parser, seed)
      check(Array(line.utf8.dropLast(index % 9)), secret, &parser, seed)
      let query = CaddyAccessLogTests.line()
        .replacing("y=2", with: "\(random.text("abcdefgh", 3))=\(secret.text)")
      check(Array(query.utf8), secret, &parser, seed)
      for header in ["Location", "Referer"] {
        let redirect = CaddyAccessLogTests.line(
          headers: "\"\(header)\":[\"/a?b=1#c=\(secret.text)&d=\(secret.text)\"]")
        check(Array(redirect.utf8), secret, &parser, seed)
      }
    }
  }
}
