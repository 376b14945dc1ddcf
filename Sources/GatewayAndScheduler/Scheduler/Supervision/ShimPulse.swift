/// Whether a shim still beats: what its `heartbeat` file said last, and when that changed.
///
/// Pure: told the file's text and the steady time, it says what has changed. A shim that lives and does
/// not beat can neither end its job at its deadline nor write down its end.
struct ShimPulse: Sendable {
  /// Beats that may be missed: a minute at the usual pace, for a machine that is short of time.
  static let missedCountMax: Int64 = 12

  enum Change: Equatable {
    /// No beat for so many microseconds; told again for each further such time.
    case silent(microseconds: Int64)
    /// It beats again.
    case back(microseconds: Int64)
  }

  /// Microseconds without a beat that are told.
  let silenceMax: Int64
  private var text: [UInt8]?
  private var changedAt: Int64
  private var toldAt: Int64?

  /// - Parameter now: steady time, microseconds.
  init(heartbeatMilliseconds: Int, at now: Int64) {
    silenceMax = Int64(heartbeatMilliseconds) * 1000 * ShimPulse.missedCountMax
    changedAt = now
  }

  /// Takes what the file holds now.
  mutating func look(_ text: [UInt8]?, at now: Int64) -> Change? {
    if text != nil, text != self.text {
      defer { (self.text, changedAt, toldAt) = (text, now, nil) }
      return toldAt.map { _ in .back(microseconds: now - changedAt) }
    }
    guard now - (toldAt ?? changedAt) >= silenceMax else { return nil }
    toldAt = now
    return .silent(microseconds: now - changedAt)
  }
}
