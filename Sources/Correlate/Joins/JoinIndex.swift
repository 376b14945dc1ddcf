/// Where the open activities are found: by run id, request id and trace id; never by a name.
///
/// Holds at most one entry per key and open activity, so it is bounded by what is open.
struct JoinIndex: Sendable, Codable {
  /// Runs that wait for one request at a time, as many as a file has jobs; further ones are joined when
  /// their window ends.
  static let neededCountMax = 1000

  /// Activities with one trace id that still lack the other side.
  struct TraceCandidates: Sendable, Codable {
    var requests: Set<Int> = []
    var runs: Set<Int> = []
    /// Once several stood on a side when a window ended, those that are left prove nothing either.
    var isAmbiguous = false

    var isEmpty: Bool { requests.isEmpty && runs.isEmpty }
  }

  private(set) var runs: [String: Int] = [:]
  private(set) var requests: [String: Int] = [:]
  private(set) var traces: [String: TraceCandidates] = [:]
  /// Runs that lack a request, by the run that needs them, in the order in which that was told.
  private var needed: [String: [Int]] = [:]

  func slot(run id: String?) -> Int? { id.flatMap { runs[$0] } }
  func slot(request id: String?) -> Int? { id.flatMap { requests[$0] } }

  /// The first to claim a key keeps it.
  mutating func add(run: String?, request: String?, slot: Int) {
    if let run, runs[run] == nil { runs[run] = slot }
    if let request, requests[request] == nil { requests[request] = slot }
  }

  /// Gives the keys of `slot` to `heir`, or to nobody.
  mutating func remove(run: String?, request: String?, slot: Int, heir: Int? = nil) {
    if let run, runs[run] == slot { runs[run] = heir }
    if let request, requests[request] == slot { requests[request] = heir }
  }

  func needed(by run: String) -> [Int] { needed[run] ?? [] }

  mutating func addNeeded(by run: String, slot: Int) {
    let slots = needed(by: run)
    guard slots.count < JoinIndex.neededCountMax, !slots.contains(slot) else { return }
    needed[run, default: []].append(slot)
  }

  mutating func removeNeeded(by run: String?, slot: Int) {
    guard let run, var slots = needed.removeValue(forKey: run) else { return }
    slots.removeAll { $0 == slot }
    if !slots.isEmpty { needed[run] = slots }
  }

  mutating func addCandidate(trace: String?, slot: Int, isRun: Bool) {
    guard let trace else { return }
    if isRun {
      traces[trace, default: TraceCandidates()].runs.insert(slot)
    } else {
      traces[trace, default: TraceCandidates()].requests.insert(slot)
    }
  }

  /// The one request and the one run of a trace; otherwise nil, and the trace stays ambiguous.
  mutating func onlyPair(trace: String) -> (request: Int, run: Int)? {
    guard let candidates = traces[trace] else { return nil }
    guard !candidates.isAmbiguous, candidates.requests.count == 1, candidates.runs.count == 1,
      let request = candidates.requests.first, let run = candidates.runs.first
    else {
      traces[trace]?.isAmbiguous = true
      return nil
    }
    return (request, run)
  }

  mutating func removeCandidate(trace: String?, slot: Int) {
    guard let trace, var candidates = traces.removeValue(forKey: trace) else { return }
    candidates.runs.remove(slot)
    candidates.requests.remove(slot)
    if !candidates.isEmpty { traces[trace] = candidates }
  }
}
