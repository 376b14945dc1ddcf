import Ingest
import TestSupport
import Testing

@Suite("WriterAnswer") struct WriterAnswerTests {
  static let answers: [(WriterAnswer, String)] = [
    (.acknowledged(.appended(index: 17)), #"{"v":1,"answer":"appended","index":17}"#),
    (.acknowledged(.duplicate), #"{"v":1,"answer":"duplicate"}"#),
    (.acknowledged(.conflict(index: 0)), #"{"v":1,"answer":"conflict","index":0}"#),
    (
      .checkpoint(Checkpoint(origin: "vigil/test", size: 3, root: .zero)),
      #"{"v":1,"answer":"checkpoint","origin":"vigil/test","size":3,"#
        + #""root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#
    ),
    (
      .refused(WriterRefusal(.unfitRecord, "a \"quoted\" detail")),
      #"{"v":1,"answer":"refused","reason":"unfit_record","detail":"a \"quoted\" detail"}"#
    ),
  ]

  @Test("is one documented line, and reads back as what it was", arguments: answers)
  func coding(_ answer: WriterAnswer, _ text: String) {
    #expect(String(decoding: answer.json, as: UTF8.self) == text)
    #expect(WriterAnswer(answer.json.span) == answer)
  }

  @Test("every refusal has a word of its own", arguments: WriterRefusal.Reason.allCases)
  func reasons(_ reason: WriterRefusal.Reason) {
    let answer = WriterAnswer.refused(WriterRefusal(reason, "x"))
    #expect(WriterAnswer(answer.json.span) == answer)
  }

  @Test("a detail is cut, so that the line stays below its limit")
  func longDetail() {
    let long = String(repeating: "\u{1}", count: 100_000)
    let answer = WriterAnswer.refused(WriterRefusal(.stopped, long))
    #expect(answer.json.count <= WriterAnswer.lineByteCountMax)
    #expect(WriterAnswer(answer.json.span) != nil)
  }

  @Test(
    "anything else is no answer",
    arguments: [
      "", "1", "{}", #"{"v":1}"#, #"{"v":2,"answer":"duplicate"}"#, #"{"v":1,"answer":"appended"}"#,
      #"{"v":1,"answer":"appended","index":-1}"#, #"{"v":1,"answer":"appended","index":1.5}"#,
      #"{"v":1,"answer":"duplicate","index":1}"#, #"{"v":1,"answer":"refused","reason":"tired"}"#,
      #"{"v":1,"answer":"checkpoint","origin":"a b","size":1,"root":"AAAA"}"#,
    ])
  func noAnswer(_ text: String) {
    #expect(WriterAnswer(Array(text.utf8).span) == nil)
  }
}

@Suite("WriterRequest") struct WriterRequestTests {
  private func parse(_ text: String) -> Result<WriterRequest, WriterRefusal> {
    var parser = WriterRequestParser()
    return parser.parse(Array(text.utf8).span)
  }

  @Test("reads back as what it was, whatever the record", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func roundTrip(_ seed: UInt64) throws {
    var random = RandomRecord(seed: seed)
    var parser = WriterRequestParser()
    for number in 0..<70 {
      let kind = RecordKind.allCases[number % RecordKind.allCases.count]
      let request = WriterRequest.append(random.next(kind))
      let line = request.line
      #expect(line.last == 0x0A && !line.dropLast().contains(0x0A), "seed \(seed)")
      #expect(parser.parse(Array(line.dropLast()).span) == .success(request), "seed \(seed)")
    }
    let line = Array(WriterRequest.checkpoint.line.dropLast())
    #expect(String(decoding: line, as: UTF8.self) == #"{"v":1,"request":"checkpoint"}"#)
    #expect(parser.parse(line.span) == .success(.checkpoint))
  }

  @Test(
    "what is no request is refused with its reason",
    arguments: [
      ("", .malformed), ("hello", .malformed), ("[]", .malformed), (#"{"v":1"#, .malformed),
      ("{}", .unknownVersion), (#"{"v":2,"request":"checkpoint"}"#, .unknownVersion),
      (#"{"v":"1","request":"checkpoint"}"#, .unknownVersion),
      (#"{"v":1}"#, .unknownRequest), (#"{"v":1,"request":"erase"}"#, .unknownRequest),
      (#"{"v":1,"request":"append"}"#, .unfitRecord),
      (#"{"v":1,"request":"append","record":7}"#, .unfitRecord),
      (#"{"v":1,"request":"append","record":{"v":1,"kind":"control"}}"#, .unfitRecord),
      (#"{"v":1,"request":"append","record":{"v":9,"kind":"control"}}"#, .unfitRecord),
    ] as [(String, WriterRefusal.Reason)])
  func refusals(_ text: String, _ reason: WriterRefusal.Reason) throws {
    guard case .failure(let refusal) = parse(text) else { throw TestFailure.unexpected }
    #expect(refusal.reason == reason, "\(refusal)")
    #expect(!refusal.detail.isEmpty)
  }
}
