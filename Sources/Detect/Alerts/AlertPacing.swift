import Ingest

/// How many messages a sink gets: `messageCount` at once, and then one each `seconds / messageCount`.
package struct MessageRate: Sendable, Equatable {
  /// 1 to 10,000.
  package var messageCount: Int
  package var seconds: Double

  /// 20 an hour.
  package static let standard = MessageRate(messageCount: 20, seconds: 3600)

  package init(messageCount: Int, seconds: Double) {
    self.messageCount = messageCount
    self.seconds = seconds
  }

  var interval: Double { seconds / Double(messageCount) }
}

/// How far a sink's allowance is used: the generic cell rate algorithm (ITU-T I.371), one instant.
struct MessageAllowance: Sendable, Equatable {
  /// When all of it will be there again.
  private var full: Timestamp?

  /// Messages that may go out now.
  func room(_ rate: MessageRate, at now: Timestamp) -> Int {
    guard let full else { return rate.messageCount }
    let used = full.seconds(since: now)
    // More than the whole is used only where the clock was set back: that must hold nothing up.
    guard used > 0, used <= rate.seconds else { return rate.messageCount }
    return max(0, Int((rate.seconds - used) / rate.interval + 1e-6))
  }

  /// Counts a message that was decided at `instant`.
  mutating func take(_ rate: MessageRate, at instant: Timestamp) {
    let most = instant.advanced(bySeconds: rate.seconds)
    let from = full.map { $0 > most ? instant : max($0, instant) } ?? instant
    full = min(from.advanced(bySeconds: rate.interval), most)
  }
}

/// Pauses between attempts: doubled each time up to a most, each drawn from its upper half.
package struct AlertBackoff: Sendable, Equatable {
  package var firstSeconds = 1.0
  package var mostSeconds = 300.0
  /// The longest pause that a receiver may ask for: an hour.
  package static let askedSecondsMax = 3600.0

  package init() {}

  /// - Parameters:
  ///   - failedCount: from 1.
  ///   - draw: in [0, 1).
  package func seconds(after failedCount: Int, draw: Double) -> Double {
    let doublings = Double(1 << min(max(failedCount - 1, 0), 30))
    let whole = min(mostSeconds, firstSeconds * doublings)
    return whole * (0.5 + 0.5 * min(max(draw, 0), 1))
  }

  /// The pause behind a failure, and what the receiver asked for where that is longer.
  func seconds(after failedCount: Int, asked: Duration?, draw: Double) -> Double {
    let own = seconds(after: failedCount, draw: draw)
    guard let asked else { return own }
    let components = asked.components
    let stated = Double(components.seconds) + Double(components.attoseconds) / 1e18
    return max(own, min(stated, AlertBackoff.askedSecondsMax))
  }
}

/// A stretch of time that must pass. A clock that was set back ends it: better early than never.
struct AlertPause: Sendable, Equatable {
  let from: Timestamp
  let seconds: Double

  func isOver(at now: Timestamp) -> Bool {
    let elapsed = now.seconds(since: from)
    return elapsed < 0 || elapsed >= seconds
  }
}

/// Adds up the time that passes, without believing in leaps: what tells how long a message was tried.
///
/// Example with steps of at most 60 s: seen at 0 s, 30 s, 86,400 s and 40 s, it shows 30 + 60 + 0 s.
struct AlertClock: Sendable, Equatable {
  /// A step back that is no more than this is the order of records, not a clock that was set: 60 s.
  private static let disorderSecondsMax = 60.0
  /// A step forward that is more than this may be a clock that is wrong for a while: an hour.
  private static let leapSecondsMin = 3600.0
  /// How long it may be so: 10 minutes.
  private static let doubtSeconds = 600.0

  private(set) var seconds = 0.0
  private var last: Timestamp?
  private var turnAt: Timestamp?
  private var leap: AlertPause?

  mutating func see(_ instant: Timestamp, stepMax: Double) {
    guard let last else {
      self.last = instant
      return
    }
    let step = instant.seconds(since: last)
    guard step > 0 || step < -AlertClock.disorderSecondsMax else { return }
    seconds += min(max(step, 0), stepMax)
    self.last = instant
  }

  /// Says that this is the time of a turn.
  mutating func turn(at now: Timestamp) {
    if let turnAt, now.seconds(since: turnAt) > AlertClock.leapSecondsMin {
      leap = AlertPause(from: now, seconds: AlertClock.doubtSeconds)
    }
    turnAt = now
  }

  /// Whether the clock leapt forward between two turns, not long ago: it may be set back.
  func isInDoubt(at now: Timestamp) -> Bool { !(leap?.isOver(at: now) ?? true) }
}
