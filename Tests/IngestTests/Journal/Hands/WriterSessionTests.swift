import Ingest
import TestSupport
import Testing

@Suite("WriterSession") struct WriterSessionTests {
  private func append(_ id: String) -> [UInt8] {
    WriterRequest.append(Build.request(id)).line
  }

  private func id(_ submission: WriterSession.Submission) throws -> String {
    guard case .append(let record) = submission.request else { throw TestFailure.unexpected }
    return record.header.id
  }

  private func answered(_ ticket: Int) -> WriterSession.Event {
    .answered(ticket: ticket, .acknowledged(.appended(index: ticket)))
  }

  private func indexes(_ output: [UInt8]) -> [Int] {
    output.split(separator: 0x0A).compactMap { line in
      guard case .acknowledged(.appended(let index)) = WriterAnswer(Array(line).span) else {
        return nil
      }
      return index
    }
  }

  @Test("requests may arrive in pieces of any size", arguments: [1, 2, 3, 7, 64, 1000])
  func pieces(_ size: Int) throws {
    var session = WriterSession()
    var found: [String] = []
    let bytes = append("a") + append("b") + WriterRequest.checkpoint.line + append("c")
    for start in stride(from: 0, to: bytes.count, by: size) {
      let piece = Array(bytes[start..<min(bytes.count, start + size)])
      for submission in session.handle(.received(piece)) {
        #expect(submission.ticket == found.count)
        found.append(submission.request == .checkpoint ? "-" : try id(submission))
      }
    }
    #expect(found == ["a", "b", "-", "c"])
    #expect(session.output.isEmpty)
  }

  @Test("answers go out in the order of the requests, whatever order they come in")
  func order() {
    // All 24 orders of four answers.
    func permutations(_ rest: [Int]) -> [[Int]] {
      rest.isEmpty
        ? [[]]
        : rest.flatMap { first in permutations(rest.filter { $0 != first }).map { [first] + $0 } }
    }
    for order in permutations([0, 1, 2, 3]) {
      var session = WriterSession()
      #expect(session.handle(.received((0..<4).flatMap { append("\($0)") })).count == 4)
      for (count, ticket) in order.enumerated() {
        #expect(session.handle(answered(ticket)).isEmpty)
        let have = Set(order[...count])
        let ready = (0..<4).prefix { have.contains($0) }
        #expect(indexes(session.output) == Array(ready), "order \(order)")
      }
      #expect(!session.isIdle)
      _ = session.handle(.sent(session.output.count))
      #expect(session.isIdle && session.wantsInput && !session.isFinished)
    }
  }

  @Test("with a full window nothing more is read until answers are sent")
  func window() {
    var session = WriterSession()
    let count = WriterSession.windowMax
    let bytes = (0..<count + 5).flatMap { append("\($0)") }
    #expect(session.handle(.received(bytes)).count == count)
    #expect(!session.wantsInput)
    #expect(session.handle(answered(0)).isEmpty)
    #expect(!session.wantsInput, "an answer that is not sent still takes its place")
    let more = session.handle(.sent(session.output.count))
    #expect(more.map(\.ticket) == [count], "the next line was waiting")
    for ticket in 1...count { _ = session.handle(answered(ticket)) }
    #expect(
      session.handle(.sent(session.output.count)).map(\.ticket) == Array(count + 1..<count + 5))
    #expect(session.wantsInput)
  }

  @Test("a hand that ends is still answered, and half a line of it is dropped")
  func ended() {
    var session = WriterSession()
    #expect(session.handle(.received(append("a") + append("b").prefix(9))).count == 1)
    #expect(session.handle(.ended).isEmpty)
    #expect(!session.isFinished && !session.wantsInput)
    _ = session.handle(answered(0))
    #expect(!session.isFinished)
    let output = session.output
    _ = session.handle(.sent(output.count - 1))
    #expect(!session.isFinished)
    _ = session.handle(.sent(1))
    #expect(session.isFinished && indexes(output) == [0])
  }

  @Test("a refused line is answered in its place and the next one goes on")
  func refused() {
    var session = WriterSession()
    let bytes = append("a") + Array("nonsense\n".utf8) + append("b")
    #expect(session.handle(.received(bytes)).map(\.ticket) == [0, 2])
    #expect(session.output.isEmpty, "the answer before it is not there yet")
    _ = session.handle(answered(2))
    _ = session.handle(answered(0))
    let lines = session.output.split(separator: 0x0A).map { WriterAnswer(Array($0).span) }
    guard case .refused(let refusal) = lines[1] else {
      Issue.record("\(lines)")
      return
    }
    #expect(lines.count == 3 && refusal.reason == .malformed)
  }

  @Test(
    "a line at the limit is read; one byte more ends the connection with a refusal",
    arguments: [0, 1])
  func longest(_ excess: Int) {
    var session = WriterSession()
    let text = #"{"v":1,"request":"checkpoint"}"#
    let padding = WriterRequest.lineByteCountMax + excess - text.utf8.count
    let line = Array(text.utf8) + [UInt8](repeating: 0x20, count: padding) + [0x0A]
    var submissions: [WriterSession.Submission] = []
    for start in stride(from: 0, to: line.count, by: WriterSession.inputByteCountMax) {
      let end = min(line.count, start + WriterSession.inputByteCountMax)
      submissions += session.handle(.received(Array(line[start..<end])))
    }
    #expect(submissions.count == 1 - excess)
    #expect(session.wantsInput == (excess == 0))
    guard excess == 1 else { return }
    #expect(session.handle(.received(append("a"))).isEmpty, "there is no telling where it begins")
    #expect(String(decoding: session.output, as: UTF8.self).contains("too_long"))
    _ = session.handle(.sent(session.output.count))
    #expect(session.isFinished)
  }

  @Test(
    "random bytes are refused line by line and never a request", arguments: 0..<20 as Range<UInt64>)
  func noise(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var session = WriterSession()
    var lineCount = 0
    for _ in 0..<200 where session.wantsInput {
      let bytes = random.bytes(count: Int.random(in: 1...300, using: &random))
      lineCount += bytes.count { $0 == 0x0A }
      #expect(session.handle(.received(bytes)).isEmpty, "seed \(seed)")
      let lines = session.output.split(separator: 0x0A)
      #expect(lines.allSatisfy { WriterAnswer(Array($0).span) != nil }, "seed \(seed)")
      lineCount -= lines.count
      _ = session.handle(.sent(session.output.count))
    }
    while !session.isIdle, session.output.count > 0 {
      lineCount -= session.output.count { $0 == 0x0A }
      _ = session.handle(.sent(session.output.count))
    }
    #expect(lineCount == 0, "seed \(seed)")
  }
}
