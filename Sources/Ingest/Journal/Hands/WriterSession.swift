/// One hand's connection, seen from the writer: bytes in, requests out; answers in, bytes out.
///
/// Answers go out in the order of the requests, whatever order they come in. At most `windowMax`
/// requests wait for an answer or for its sending; then nothing more is read, so that a hand that
/// does not read its answers holds up only itself. Worked example:
///
///     received `{…append…}\n{…app`   → submit(0), 5 bytes wait for the rest of their line
///     answered(0, appended 17)       → output `{"v":1,"answer":"appended","index":17}\n`
///     ended                          → finished once that is sent; half a line is dropped
package struct WriterSession: Sendable {
  /// What the driver tells the session.
  package enum Event: Sendable {
    /// Bytes from the hand; at most `inputByteCountMax` at a time.
    case received([UInt8])
    /// The hand sends no more.
    case ended
    /// What became of a request.
    case answered(ticket: Int, WriterAnswer)
    /// So many bytes of `output` are sent.
    case sent(Int)
  }

  /// A request to hand to the owner; its answer comes back as `.answered` with the same ticket.
  package struct Submission: Sendable, Equatable {
    package let ticket: Int
    package let request: WriterRequest
  }

  /// Requests that one hand may have open.
  package static let windowMax = 64
  /// Bytes that the driver reads at a time.
  package static let inputByteCountMax = 1 << 16

  private enum Slot: Sendable {
    case waiting
    case ready([UInt8])
  }

  private var parser = WriterRequestParser()
  private var input: [UInt8] = []
  /// Requests whose answers are not yet in `output`, oldest first.
  private var slots: [Slot] = []
  private var firstTicket = 0
  private var takesInput = true
  /// What waits to be sent.
  package private(set) var output: [UInt8] = []
  private var openAnswerCount = 0

  package init() {}

  /// Whether more bytes of the hand are welcome now.
  package var wantsInput: Bool { takesInput && slots.count + openAnswerCount < Self.windowMax }

  /// Whether everything was answered and sent, and nothing more is coming.
  package var isFinished: Bool { !takesInput && slots.isEmpty && output.isEmpty }

  /// Whether the hand waits for nothing.
  package var isIdle: Bool { slots.isEmpty && output.isEmpty && input.isEmpty }

  /// Takes in an event; the requests that it makes.
  package mutating func handle(_ event: Event) -> [Submission] {
    switch event {
    case .received(let bytes):
      if takesInput { input += bytes }
    case .ended:
      takesInput = false
    case .answered(let ticket, let answer):
      answered(ticket, answer)
    case .sent(let count):
      precondition(count <= output.count, "\(count) bytes sent of \(output.count)")
      output.removeFirst(count)
      if output.isEmpty { openAnswerCount = 0 }
    }
    return takeLines()
  }

  /// Whole lines become requests while the window has room; after the end too, for a hand may send
  /// and close its side before it reads.
  private mutating func takeLines() -> [Submission] {
    var submissions: [Submission] = []
    let held = input
    var start = 0
    while slots.count + openAnswerCount < Self.windowMax,
      let end = held.span.firstOffset(of: 0x0A, in: start..<held.count),
      end - start <= WriterRequest.lineByteCountMax
    {
      let parsed = parser.parse(held.span.extracting(start..<end))
      start = end + 1
      let ticket = firstTicket + slots.count
      slots.append(.waiting)
      switch parsed {
      case .success(let request): submissions.append(Submission(ticket: ticket, request: request))
      case .failure(let refusal): answered(ticket, .refused(refusal))
      }
    }
    if start > 0 { input = Array(held[start...]) }
    refuseOverlong()
    return submissions
  }

  /// There is no telling where the next request begins, so the connection ends with the refusal.
  private mutating func refuseOverlong() {
    guard takesInput, slots.count + openAnswerCount < Self.windowMax,
      input.count > WriterRequest.lineByteCountMax
    else { return }
    let ticket = firstTicket + slots.count
    slots.append(.waiting)
    takesInput = false
    input = []
    answered(
      ticket,
      .refused(
        WriterRefusal(.tooLong, "expected at most \(WriterRequest.lineByteCountMax) bytes a line")))
  }

  private mutating func answered(_ ticket: Int, _ answer: WriterAnswer) {
    let position = ticket - firstTicket
    precondition(slots.indices.contains(position), "ticket \(ticket) of \(slots.count)")
    slots[position] = .ready(answer.line)
    while case .ready(let line) = slots.first {
      output += line
      slots.removeFirst()
      firstTicket += 1
      openAnswerCount += 1
    }
  }
}
