/// The hand's end of a connection; one request at a time.
final class WriterConnection {
  /// Waits for an answer, each of at most 100 ms: 60 s.
  private static let waitCountMax = 600
  private static let waitMilliseconds: Int32 = 100
  private static let seconds = 60

  private let socket: LocalSocket
  private var input: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 4096)

  init(_ socket: consuming LocalSocket) { self.socket = socket }

  /// Sends a line and reads one; nil when the writer has gone.
  func ask(_ line: [UInt8]) throws(JournalHandError) -> WriterAnswer? {
    guard try send(line), let answer = try receive() else { return nil }
    guard let parsed = WriterAnswer(answer.span) else {
      let text = FieldLimit.prefix(String(decoding: answer, as: UTF8.self), byteCount: 80)
      throw .unexpectedAnswer(JSON5Scanner.quoted(text))
    }
    return parsed
  }

  private func send(_ line: [UInt8]) throws(JournalHandError) -> Bool {
    var rest = line[...]
    var waitCount = 0
    while !rest.isEmpty {
      switch socket.send(rest) {
      case .moved(let count): rest = rest.dropFirst(count)
      case .ended: return false
      case .notNow:
        waitCount += 1
        guard waitCount <= Self.waitCountMax else { throw .noAnswer(seconds: Self.seconds) }
        _ = socket.waitForRoom(milliseconds: Self.waitMilliseconds)
      }
    }
    return true
  }

  private func receive() throws(JournalHandError) -> [UInt8]? {
    var waitCount = 0
    while true {
      if let end = input.firstIndex(of: 0x0A) {
        defer { input.removeFirst(end + 1) }
        return Array(input[..<end])
      }
      guard input.count <= WriterAnswer.lineByteCountMax else {
        throw .unexpectedAnswer("\(input.count) bytes without a newline")
      }
      switch socket.receive(into: &buffer) {
      case .moved(let count): input += buffer.prefix(count)
      case .ended: return nil
      case .notNow:
        waitCount += 1
        guard waitCount <= Self.waitCountMax else { throw .noAnswer(seconds: Self.seconds) }
        _ = socket.waitForInput(milliseconds: Self.waitMilliseconds)
      }
    }
  }
}
