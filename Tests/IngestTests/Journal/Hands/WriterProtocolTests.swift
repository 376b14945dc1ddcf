import Ingest
import TestSupport
import Testing

enum ProtocolNote {
  /// A note over three entries that are not there.
  static func signed() throws -> SignedCheckpoint {
    let key = try #require(Ed25519SigningKey(seed: [UInt8](repeating: 7, count: 32)))
    return SignedCheckpoint(
      Checkpoint(origin: "vigil/test", size: 3, root: .zero),
      by: NoteSigner(name: "vigil/test", key))
  }
}

@Suite("WriterAnswer") struct WriterAnswerTests {
  static let answers: [(WriterAnswer, String)] = [
    (.acknowledged(.appended(index: 17)), #"{"v":1,"answer":"appended","index":17}"#),
    (.acknowledged(.duplicate), #"{"v":1,"answer":"duplicate"}"#),
    (.acknowledged(.conflict(index: 0)), #"{"v":1,"answer":"conflict","index":0}"#),
    (.checkpoint(nil), #"{"v":1,"answer":"no_checkpoint"}"#), (.kept, #"{"v":1,"answer":"kept"}"#),
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

  @Test("a checkpoint is the signed note as it is")
  func checkpoint() throws {
    let note = try ProtocolNote.signed()
    let json = WriterAnswer.checkpoint(note).json
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.hasPrefix(#"{"v":1,"answer":"checkpoint","note":"vigil/test\n3\nAAAA"#), "\(text)")
    #expect(WriterAnswer(json.span) == .checkpoint(note))
  }

  @Test("the longest note fits into one line, either way")
  func longestNote() throws {
    var note = try ProtocolNote.signed()
    let blob = [UInt8](repeating: 1, count: 1060)
    for number in 0..<SignedNote.signatureCountMax {
      let name = String(repeating: "\"\\", count: 300) + "\(number)"
      _ = note.merge([NoteSignature(name: name, keyID: 1, blob: blob)])
    }
    #expect(note.note.bytes.count > SignedNote.byteCountMax - 4096)
    #expect(WriterAnswer.checkpoint(note).line.count <= WriterAnswer.lineByteCountMax)
    #expect(WriterRequest.keep(note).line.count <= WriterRequest.lineByteCountMax)
    #expect(WriterAnswer(WriterAnswer.checkpoint(note).json.span) == .checkpoint(note))
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
      #"{"v":1,"answer":"checkpoint"}"#, #"{"v":1,"answer":"checkpoint","note":"vigil/test\n3\n"}"#,
      #"{"v":1,"answer":"kept","index":1}"#,
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
    let keep = WriterRequest.keep(try ProtocolNote.signed())
    #expect(parser.parse(Array(keep.line.dropLast()).span) == .success(keep))
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
      (#"{"v":1,"request":"keep"}"#, .unfitNote),
      (#"{"v":1,"request":"keep","note":7}"#, .unfitNote),
      (#"{"v":1,"request":"keep","note":""}"#, .unfitNote),
      (#"{"v":1,"request":"keep","note":"a\n1\nAAAA\n\n"}"#, .unfitNote),
      (#"{"v":1,"request":"keep","note":"a\n1\nAAAA\n\n\u2014 a AAAAAAAA\n"}"#, .unfitNote),
      (#"{"v":1,"request":"keep","note":"a\u0000\n1\nAAAA\n\n\u2014 a AAAAAAAA\n"}"#, .unfitNote),
    ] as [(String, WriterRefusal.Reason)])
  func refusals(_ text: String, _ reason: WriterRefusal.Reason) throws {
    guard case .failure(let refusal) = parse(text) else { throw TestFailure.unexpected }
    #expect(refusal.reason == reason, "\(refusal)")
    #expect(!refusal.detail.isEmpty)
  }
}
