import Ingest
import Testing

/// What redaction takes out, what it leaves, and that it touches nothing else.
@Suite struct RedactionTests {
  /// A launcher line with `members` after its own keys, and what its original becomes.
  private func redacted(_ members: String, _ list: RedactionList = RedactionList()) -> String? {
    var settings = LogSettings()
    settings.redaction = list
    var parser = LineParser(format: .launcher, settings: settings)
    let head = #"{"schema":"trigger-event/1","ts":1,"event":"run.spawned","run_id":"a","#
    guard let prepared = parser.parse(head + members + "}").prepared,
      let original = prepared.record.header.original
    else { return nil }
    let text = String(decoding: original, as: UTF8.self)
    guard text.hasPrefix(head) else { return nil }
    #expect(prepared.isOriginalVerbatim == (text == head + members + "}"))
    return String(text.dropFirst(head.count).dropLast())
  }

  @Test(arguments: [
    #""password":"x""#, #""pass\u0077ord":"x""#, #""DB_PASSWORD":"x""#, #""dbPassword":"x""#,
    #""api-key":"x""#, #""apiKey":"x""#, #""x.api.key":"x""#, #""access_token":"x""#,
    #""secretAccessKey":"x""#, #""userPwd":"x""#, #""SMTP_PASS":"x""#, #""pin":"x""#,
    #""session":"x""#, #""Set-Cookie":"x""#, #""client_credentials":"x""#, #""auth":"x""#,
  ])
  func aValueUnderASecretNameIsReplaced(_ member: String) throws {
    #expect(redacted(member) == member.replacing(#":"x""#, with: #":"[redacted]""#))
  }

  @Test(arguments: [
    #""author":"x""#, #""compass":"x""#, #""passenger":"x""#, #""key":"x""#, #""keyboard":"x""#,
    #""token_type":"x""#, #""spin":"x""#, #""hotp":"x""#, #""sessions":"x""#, #""monkey":"x""#,
    #""signal":"x""#, #""assignee":"x""#, #""password":"""#, #""password":null"#,
    #""password":true"#, #""token":"REDACTED""#, #""token":"[redacted]""#, #""cookie":[]"#,
    #""note":"the password was wrong""#, #""note":"token expired""#, #""note":"basic training""#,
    #""note":"https://example.com/a@b""#, #""note":"ratio 3:4, a=b""#, #""note":"bearer of it""#,
    #""note":"63fbdf30-16d0-4fa4-ac12-36dd77694b7c""#, #""note":"task-list-of-many-things""#,
    #""note":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
    #""argv":["--module","m","--tag","d0","-v","--key","k"]"#, #""uri":"/a/b?flag&other""#,
    #""uri":"/a/b?x=&y=""#, #""note":"caf\u00e9 \ud83d\ude00 \n""#, #""n":[1,2.50,{"a":-0}]"#,
  ])
  func whatIsNoSecretStaysByteForByte(_ member: String) {
    #expect(redacted(member) == member)
  }

  @Test(arguments: [
    (
      #""secret":{"a":"b","c":[1,"d",true,null]}"#,
      #""secret":{"a":"[redacted]","c":["[redacted]","[redacted]",true,null]}"#
    ),
    (
      #""env":[{"name":"DB_PASSWORD","value":"x"},{"name":"TZ","value":"UTC"}]"#,
      #""env":[{"name":"DB_PASSWORD","value":"[redacted]"},{"name":"TZ","value":"UTC"}]"#
    ),
    (
      #""argv":["--password","x","--tag","d","--token=y","API_KEY=z","-v"]"#,
      #""argv":["--password","[redacted]","--tag","d","--token=[redacted]","API_KEY=[redacted]","-v"]"#
    ),
    (#""cmd":"run --db-password x --tag d""#, #""cmd":"run --db-password [redacted] --tag d""#),
    (
      #""note":"password=a b token: \"c d\" x""#,
      #""note":"password=[redacted] b token: \"[redacted]\" x""#
    ),
    (#""note":"Cookie: a=b; c=d\nnext""#, #""note":"Cookie: [redacted]\nnext""#),
    (#""note":"Authorization: Custom abc def""#, #""note":"Authorization: [redacted]""#),
    (
      #""note":"see postgres://u:p@db:5432/x and redis://h/0""#,
      #""note":"see postgres://[redacted]@db:5432/x and redis://h/0""#
    ),
    (#""note":"Bearer abc.def, then""#, #""note":"Bearer [redacted], then""#),
    (#""note":"Basic dXNlcjpwYXNz""#, #""note":"Basic [redacted]""#),
    (#""note":"k ghp_0123456789abcdefghij.""#, #""note":"k [redacted].""#),
    (#""note":"{\"password\":\"x\",\"n\":1}""#, #""note":"{\"password\":\"[redacted]\",\"n\":1}""#),
    (#""note":"a%20password%3Dx""#, #""note":"[redacted]""#),
    (
      #""uri":"/a?b=c&d=e;f=g&h""#,
      #""uri":"/a?b=[redacted]&d=[redacted];f=[redacted]&h""#
    ),
    (#""uri":"/a/ghp_0123456789abcdefghij/b""#, #""uri":"/a/[redacted]/b""#),
    (#""uri":"/a/%67hp_0123456789abcdefghij/b""#, #""uri":"/a/[redacted]/b""#),
    (
      #""uri":"/cb#access_token=x&state=y""#,
      #""uri":"/cb#access_token=[redacted]&state=[redacted]""#
    ),
    (#""uri":"/a?password%3Dx=1""#, #""uri":"/a?[redacted]=[redacted]""#),
    (
      #""headers":{"Accept":["*/*"],"X-Any":["v"],"Location":["/l?a=b"]}"#,
      #""headers":{"Accept":["*/*"],"X-Any":["[redacted]"],"Location":["/l?a=[redacted]"]}"#
    ),
    (
      #""resp_headers":{"User":["v"],"Status":["v"]},"user":"v""#,
      #""resp_headers":{"User":["[redacted]"],"Status":["[redacted]"]},"user":"v""#
    ),
    (#""pin" : 1234 , "n":5"#, #""pin" : "[redacted]" , "n":5"#),
  ])
  func onlyTheSecretIsReplaced(_ member: String, _ expected: String) {
    #expect(redacted(member) == expected)
  }

  @Test func aKeyThatIsASecretIsReplacedAndKeysStayApart() throws {
    let result = try #require(
      redacted(#""ghp_0123456789abcdefghij":1,"ghp_9876543210abcdefghij":2"#))
    #expect(!result.contains("ghp_"))
    var document = JSONDocument()
    try document.parse(Array("{\(result)}".utf8).span)
  }

  @Test func listsCanBeAddedTo() {
    var list = RedactionList()
    list.secretNames = ["Licence-Plate"]
    list.keptHeaders = ["X-Tenant"]
    list.keptNames = ["session"]
    #expect(redacted(#""licencePlate":"x""#, list) == #""licencePlate":"[redacted]""#)
    #expect(redacted(#""session":"x""#, list) == #""session":"x""#)
    let headers = #""headers":{"X-Tenant":["t"]}"#
    #expect(redacted(headers, list) == headers)
  }

  @Test func jsonInsideStringsIsFollowedToALimitAndThenWithheld() {
    var text = #"{"password":"deep-secret"}"#
    for level in 1...6 {
      let quoted = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      let result = redacted(#""note":"\#(quoted)""#)
      #expect(result?.contains("deep-secret") == false, "level \(level)")
      #expect(result?.contains("password") == (level <= 3), "level \(level)")
      text = #"{"n":"\#(quoted)"}"#
    }
  }

  @Test(arguments: RecordedLog.accessFiles.suffix(1) + ["live-1/luigi-events.jsonl"])
  func redactingTwiceChangesNothingMore(_ file: String) throws {
    var parser = LineParser(format: .auto)
    for line in try RecordedLog.lines(file).prefix(300) {
      guard let first = parser.parse(line).prepared, let original = first.record.header.original
      else { continue }
      let second = try #require(parser.parse(original).prepared)
      #expect(second.isOriginalVerbatim)
      #expect(second.record == first.record)
    }
  }

  @Test func ordinaryLuigiAndLauncherLinesHoldNothingToReplace() throws {
    for file in ["live-1/luigi-events.jsonl", "live-1/trigger-events.jsonl"] {
      var parser = LineParser(format: .auto)
      for line in try RecordedLog.lines(file) {
        guard let prepared = parser.parse(line).prepared else { continue }
        #expect(prepared.isOriginalVerbatim, "\(String(decoding: line, as: UTF8.self))")
      }
    }
  }

  @Test func aMegabyteOfAnySeparatorIsReadInOnePass() {
    var parser = LineParser(format: .launcher)
    for piece in ["password=", "://a@", "--token ", "%2570", "\\\"", "eyJ", "[", "cookie: ", "'"] {
      let body = String(repeating: piece, count: 100_000 / piece.utf8.count)
      let parsed = parser.parse(
        #"{"schema":"trigger-event/1","ts":1,"event":"run.spawned","run_id":"a","note":"\#(body)"}"#
      )
      #expect(parsed.run != nil, "\(piece)")
    }
  }
}
