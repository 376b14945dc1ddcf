import Ingest
import Testing

/// Every line exactly once and in order, whatever happens between polls, and within them.
@Suite struct FollowInterleavingTests {
  enum Step: CaseIterable {
    case write, begin, rotate, compress, poll, restart

    func perform(_ log: SimulatedLog, _ follower: SimulatedFollower) throws {
      switch self {
      case .write: log.write()
      case .begin: log.begin()
      case .rotate: log.rotate()
      case .compress: log.compress()
      case .poll: follower.poll()
      case .restart: try follower.restart()
      }
    }
  }

  /// What went wrong with one sequence, or nil.
  private func failure(_ rotation: SimulatedLog.Rotation, _ steps: [Step]) throws -> String? {
    let log = SimulatedLog(rotation)
    let follower = try SimulatedFollower(log)
    for step in steps { try step.perform(log, follower) }
    follower.settle()
    if follower.lines == log.lines, follower.notices.isEmpty { return nil }
    return "\(rotation) \(steps): wrote \(log.lines), got \(follower.lines), \(follower.notices)"
  }

  @Test(
    "every sequence of five steps gives every line once",
    arguments: SimulatedLog.Rotation.allCases)
  func allShortSequences(rotation: SimulatedLog.Rotation) throws {
    let steps = Step.allCases
    var failures: [String] = []
    for number in 0..<(steps.count * steps.count * steps.count * steps.count * steps.count) {
      var rest = number
      var sequence: [Step] = []
      for _ in 0..<5 {
        sequence.append(steps[rest % steps.count])
        rest /= steps.count
      }
      if let failure = try failure(rotation, sequence) { failures.append(failure) }
    }
    #expect(failures.isEmpty, "\(failures.count) failures, first: \(failures.first ?? "")")
  }

  @Test("long seeded sequences give every line once", arguments: 0..<150)
  func longSequences(seed: Int) throws {
    var random = InputRandom(seed: seed)
    let rotation = SimulatedLog.Rotation.allCases[seed % 3]
    let sequence = (0..<60).map { _ in Step.allCases.randomElement(using: &random) ?? .poll }
    #expect(try failure(rotation, sequence) == nil, "seed \(seed)")
  }

  /// Scripts whose steps fall between two system calls of the follower.
  static let scripts: [[Step]] = [
    [.write, .rotate, .write], [.rotate, .write, .rotate], [.rotate, .compress, .write],
    [.write, .rotate, .compress], [.begin, .write, .rotate], [.rotate, .rotate, .write],
  ]

  static let preludes: [[Step]] = [
    [.write], [.write, .poll], [.write, .poll, .write], [.write, .poll, .restart],
  ]

  @Test(
    "a log that changes between any two calls of a poll gives every line once",
    arguments: SimulatedLog.Rotation.allCases, scripts)
  func interrupted(rotation: SimulatedLog.Rotation, script: [Step]) throws {
    var failures: [String] = []
    // See `SimulatedLog.isWatchedEmpty`.
    let isCopied = rotation == .copied
    if isCopied, script.count(where: { $0 == .rotate }) > 1 { return }
    for prelude in FollowInterleavingTests.preludes where !isCopied || prelude.contains(.poll) {
      for first in 1...16 {
        for second in [first, first + 1, first + 3, first + 7] {
          for third in [second, second + 3] {
            let calls = [first, second, third]
            let log = SimulatedLog(rotation)
            let follower = try SimulatedFollower(log)
            for step in prelude { try step.perform(log, follower) }
            let start = log.files.callCount
            log.files.interrupts = zip(calls, script).map { call, step in
              (start + call, { try? step.perform(log, follower) })
            }
            follower.poll()
            follower.poll()
            for interrupt in log.files.interrupts { interrupt.body() }
            log.files.interrupts = []
            follower.settle()
            if follower.lines != log.lines || !follower.notices.isEmpty {
              failures.append(
                "\(prelude) \(script) at \(calls): wrote \(log.lines), got \(follower.lines), "
                  + "\(follower.notices)")
            }
          }
        }
      }
    }
    #expect(failures.isEmpty, "\(failures.count) failures, first: \(failures.first ?? "")")
  }
}
