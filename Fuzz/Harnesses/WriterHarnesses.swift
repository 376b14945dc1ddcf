import Ingest

extension Harness {
  static let writer: [Harness] = [
    Harness(
      "writer-session", words: ["\n", "{\"v\":1,\"request\":\"checkpoint\"}\n", "\"append\""],
      seeds: {
        WriterProperties.requests.map { [7] + $0.line }
          + [
            [3] + WriterProperties.requests.flatMap(\.line), [1] + Array("{}\nx\n{\"v\":2}\n".utf8),
          ]
      }, run: WriterProperties.session),
    Harness(
      "writer-answer", byteCountMax: 4096, words: ["\"answer\":", "\"index\":", "\"refused\""],
      seeds: {
        [
          .acknowledged(.appended(index: 17)), .acknowledged(.duplicate),
          .acknowledged(.conflict(index: 18)), .checkpoint(Ledger.signed), .checkpoint(nil), .kept,
          .refused(WriterRefusal(.closing, "ask again")),
        ].map { (answer: WriterAnswer) in answer.json }
      }, run: WriterProperties.answer),
  ]
}

/// Both directions of `writer.sock`.
enum WriterProperties {
  static let requests: [WriterRequest] =
    [.checkpoint, .keep(Ledger.signed)] + RecordProperties.records.map { .append($0) }

  /// What the lines ask does not depend on how their bytes arrive, and every line is answered.
  static func session(_ input: [UInt8]) throws {
    let (choices, bytes) = input.split(after: 1)
    let whole = try run([bytes])
    let width = 1 + Int(choices[0])
    let pieces = stride(from: 0, to: bytes.count, by: width).map {
      Array(bytes[$0..<min($0 + width, bytes.count)])
    }
    let again = try run(pieces)
    try require(again.requests == whole.requests, "other requests in pieces of \(width) bytes")
    try require(again.output == whole.output, "other answers in pieces of \(width) bytes")
    let lineCount = bytes.count { $0 == 0x0A }
    let answerCount = whole.output.count { $0 == 0x0A }
    try require(answerCount == lineCount, "\(answerCount) answers to \(lineCount) lines")
    for request in whole.requests { try check(request) }
    for line in whole.output.split(separator: 0x0A) { try answer(Array(line)) }
  }

  private static func check(_ request: WriterRequest) throws {
    var parser = WriterRequestParser()
    let line = request.line
    let again = parser.parse(line.span.extracting(0..<line.count - 1))
    try require(again == .success(request), "a request that reads otherwise: \(line.text)")
  }

  /// Sends pieces, answers each request at once, takes what is to be sent at once.
  private static func run(
    _ pieces: [[UInt8]]
  ) throws -> (requests: [WriterRequest], output: [UInt8]) {
    var session = WriterSession()
    var requests: [WriterRequest] = []
    var output: [UInt8] = []
    for event in pieces.map({ WriterSession.Event.received($0) }) + [.ended] {
      var open = session.handle(event)
      // Each round answers a request or sends bytes, so there is an end.
      while !open.isEmpty || !session.output.isEmpty {
        requests += open.map(\.request)
        var next: [WriterSession.Submission] = []
        for submission in open {
          let answer = WriterAnswer.acknowledged(.appended(index: submission.ticket))
          next += session.handle(.answered(ticket: submission.ticket, answer))
        }
        output += session.output
        next += session.handle(.sent(session.output.count))
        open = next
      }
    }
    try require(session.isFinished, "not finished at the end")
    return (requests, output)
  }

  static func answer(_ bytes: [UInt8]) throws {
    guard let answer = WriterAnswer(bytes.span) else { return }
    try require(answer.line.count <= WriterAnswer.lineByteCountMax, "\(answer.line.count) bytes")
    let cut = WriterAnswer(answer.json.span)
    if case .refused(let refusal) = answer, refusal.detail.utf8.count > 400 {
      return try require(cut != nil, "a refusal that does not read back")
    }
    try require(cut == answer, "an answer that reads otherwise: \(answer.json.text)")
  }
}
