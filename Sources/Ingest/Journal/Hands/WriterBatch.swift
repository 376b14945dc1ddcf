/// Requests that share one sync: appended as they come, answered together.
///
/// After an error, `refuse` answers all that have no answer yet.
struct WriterBatch {
  /// Requests taken in.
  private(set) var count = 0
  /// Without an answer so far, oldest first.
  private var open: ArraySlice<WriterQueue.Waiting> = []
  /// What to answer after the commit, for the first ones of `open`; nil for what is about
  /// checkpoints: those come behind the acknowledgements, over the whole batch.
  private var answers: [WriterAnswer?] = []

  mutating func add(_ waiting: [WriterQueue.Waiting]) {
    count += waiting.count
    if open.isEmpty { open = waiting[...] } else { open += waiting }
  }

  /// Appends what was added last.
  mutating func append(to journal: Journal, at now: Timestamp) throws(JournalError) {
    answers.reserveCapacity(open.count)
    for waiting in open.dropFirst(answers.count) {
      answers.append(try perform(waiting.work, journal, now))
    }
  }

  /// Syncs once, and answers.
  mutating func commit(to journal: Journal, at now: Timestamp) throws(JournalError) {
    try journal.commit()
    let batch = open
    open = []
    for (waiting, answer) in zip(batch, answers) {
      if let answer { waiting.answer(answer) } else { open.append(waiting) }
    }
    answers = []
    try answerCheckpoints(journal, now)
  }

  func refuse(_ refusal: WriterRefusal) {
    for waiting in open { waiting.answer(.refused(refusal)) }
  }

  private func perform(
    _ work: WriterQueue.Waiting.Work, _ journal: Journal, _ now: Timestamp
  ) throws(JournalError) -> WriterAnswer? {
    do {
      switch work {
      case .entry(let entry):
        return .acknowledged(Acknowledgement(try journal.append(entry, at: now)))
      case .request(.append(let record)):
        return .acknowledged(Acknowledgement(try journal.append(record, at: now)))
      case .request(.checkpoint), .request(.keep): return nil
      }
    } catch {
      guard case .unfitRecord = error else { throw error }
      return .refused(WriterRefusal(.unfitRecord, error.description))
    }
  }

  /// Oldest first; of several checkpoints in one batch the first is signed, for all.
  private mutating func answerCheckpoints(
    _ journal: Journal, _ now: Timestamp
  ) throws(JournalError) {
    while let waiting = open.first {
      let answer: WriterAnswer
      if case .request(.keep(let note)) = waiting.work {
        answer = try keep(note, journal)
      } else {
        answer = .checkpoint(try journal.signCheckpoint(at: now))
      }
      open.removeFirst()
      waiting.answer(answer)
    }
  }

  private func keep(
    _ note: SignedCheckpoint, _ journal: Journal
  ) throws(JournalError) -> WriterAnswer {
    do {
      try journal.keep(note)
      return .kept
    } catch {
      guard case .foreignCheckpoint = error else { throw error }
      return .refused(WriterRefusal(.foreignNote, error.description))
    }
  }
}
