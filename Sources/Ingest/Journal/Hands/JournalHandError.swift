/// Why a hand has no acknowledgement.
package enum JournalHandError: Error, Hashable, Sendable {
  /// The journal's directory or socket could not be used.
  case storage(StorageError)
  /// Without a writer: the journal could not be opened or written. Or (`locked`) a writer has it
  /// that takes no requests.
  case journal(JournalError)
  /// The writer said no.
  case refused(WriterRefusal)
  /// A request longer than the writer reads; it was not sent.
  case tooLong(byteCount: Int, byteCountMax: Int)
  /// The writer ended, and its successors too; whether the record was taken is unknown.
  case gone
  /// The writer did not answer in time; whether the record was taken is unknown.
  case noAnswer(seconds: Int)
  /// Bytes that are no answer to what was asked.
  case unexpectedAnswer(String)
}

extension JournalHandError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .storage(let error): "journal: \(error)"
    case .journal(let error): error.description
    case .refused(let refusal): refusal.description
    case .tooLong(let count, let limit):
      "writer: a request of \(count) bytes, expected at most \(limit)"
    case .gone: "writer: the connection ended before the answer, again and again"
    case .noAnswer(let seconds): "writer: no answer within \(seconds) s"
    case .unexpectedAnswer(let text): "writer: found answer \(text), expected one to the request"
    }
  }
}
