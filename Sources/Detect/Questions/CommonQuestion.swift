package import Ingest

/// The question by which tools that read logs are compared, asked of the files as they are:
/// which accepted triggers came at an hour at which their principal hardly ever comes, and which
/// runs took far longer than their job takes.
///
/// - trigger: a line of Caddy's access log, method POST, target `/jobs/{job}/runs`, status 200 to
///   299; its id is the first `X-Request-Id` of the response, its principal `user_id`, its hour the
///   UTC hour of the week of `ts`.
/// - run: a launcher's `run.requested`; finished run: its `run.exited` with `seconds` above 0.
/// - joined: a run whose request id is a trigger's. Of triggers with one id the first counts.
/// - off-hours: a joined run whose principal has 50 joined runs or more, of which fewer than one in
///   200 at the trigger's hour.
/// - runaway: a finished run of a job with 8 or more, whose ln(seconds) exceeds the median by more
///   than 6 / 0.6745 median absolute deviations, those being above 0.
///
/// The answer depends on the lines alone: not on the number of threads, nor on the chunks.
/// Memory: 24 bytes a trigger, 40 a run, 48 a finished run, each twice for a moment; every name once.
package struct CommonQuestion: Sendable {
  package static let joinedCountMin = 50
  package static let rarity = 200
  package static let finishedCountMin = 8
  package static let deviationsMax = 6.0

  /// Two numbers that nobody who writes a log can know: they keep tables from being crowded.
  package struct Secret: Sendable {
    let numbers: TextTable.Secret

    package init(_ first: UInt64, _ second: UInt64) {
      numbers = TextTable.Secret(first: first, second: second)
    }
  }

  private let crew: ChunkCrew
  private let secret: Secret

  package init(_ crew: ChunkCrew, _ secret: Secret) {
    self.crew = crew
    self.secret = secret
  }

  /// Reads both inputs to their ends and answers.
  package func answer(gateway: String, runs: String) throws(InputError) -> CommonAnswer {
    let numbers = secret.numbers
    let result = try crew.run([gateway, runs]) { _ in CommonWorker(numbers) }
    return CommonAnswer(CommonTables(result, numbers))
  }
}
