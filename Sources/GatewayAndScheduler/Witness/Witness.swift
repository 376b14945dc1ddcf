import Synchronization

/// An origin whose checkpoints are cosigned, and the keys that may sign for it.
package struct WitnessedOrigin: Sendable, Hashable {
  /// The first line of its checkpoints.
  package let name: String
  /// C2SP verifier keys; at least one.
  package let keys: [String]

  package init(name: String, keys: [String]) {
    self.name = name
    self.keys = keys
  }
}

/// A transparency-log witness (C2SP tlog-witness): cosigns a checkpoint only if it extends the
/// latest one it cosigned for that origin.
///
/// Check and store are one step under the origin's own lock, and no cosignature leaves before its
/// record is on stable storage. Requests for one origin therefore queue up, each for one sync;
/// other origins are not held up. A store failure gives nothing away; when it leaves open which
/// record is in place, the origin is refused until the process starts anew and reads what is there.
package final class Witness<Store: WitnessStore, Cryptography: WitnessCryptography>: Sendable {
  private let store: Store
  private let cryptography: Cryptography
  private let origins: [String: OriginState]
  /// Unix time in seconds.
  private let now: @Sendable () -> Int64
  private let report: @Sendable (String, WitnessStoreError) -> Void

  private final class OriginState: Sendable {
    let keys: [String]
    /// File name of the record, and the origin's name in the monitoring path: SHA-256 of the
    /// origin in hex.
    let hash: String
    /// Whether a failed write has left the record uncertain.
    let isClosed = Mutex(false)

    init(keys: [String], hash: String) {
      self.keys = keys
      self.hash = hash
    }
  }

  /// Precondition: origins are named once and have keys.
  ///
  /// - Parameter report: gets what the store says when it fails, with the origin; nothing of it is
  ///   sent.
  package init(
    of origins: [WitnessedOrigin], store: Store, cryptography: Cryptography,
    now: @escaping @Sendable () -> Int64,
    reportingTo report: @escaping @Sendable (String, WitnessStoreError) -> Void
  ) {
    var states: [String: OriginState] = [:]
    for origin in origins {
      precondition(!origin.keys.isEmpty, "witness: \(origin.name): no keys")
      precondition(states[origin.name] == nil, "witness: \(origin.name): named twice")
      let hash = WitnessRecord.hex(cryptography.sha256(Array(origin.name.utf8)))
      states[origin.name] = OriginState(keys: origin.keys, hash: hash)
    }
    self.origins = states
    self.store = store
    self.cryptography = cryptography
    self.now = now
    self.report = report
  }

  /// Answers one `add-checkpoint` call. Blocks for a read and a durable write.
  package func add(_ body: [UInt8]) -> WitnessAnswer {
    guard let request = AddCheckpointRequest(body, cryptography) else {
      return .refused(.malformedBody)
    }
    guard let state = origins[request.checkpoint.origin] else { return .refused(.unknownOrigin) }
    if let objection = WitnessRules.objection(to: request, trusting: state.keys, cryptography) {
      return objection
    }
    return state.isClosed.withLock { isClosed in
      guard !isClosed else { return .refused(.recordUnavailable) }
      do throws(WitnessStoreError) {
        return try checkAndStore(request, state.hash)
      } catch {
        if case .uncertain = error { isClosed = true }
        report(request.checkpoint.origin, error)
        return .refused(.recordUnavailable)
      }
    }
  }

  /// The latest cosigned note of the origin with this SHA-256 in hex; nil when there is none, or
  /// when it cannot be read.
  package func latestNote(originHash: String) -> [UInt8]? {
    guard let (name, state) = origins.first(where: { $0.value.hash == originHash }) else {
      return nil
    }
    do throws(WitnessStoreError) {
      return try latest(name, state.hash)?.note
    } catch {
      report(name, error)
      return nil
    }
  }

  /// Under the origin's lock.
  private func checkAndStore(
    _ request: AddCheckpointRequest, _ hash: String
  ) throws(WitnessStoreError) -> WitnessAnswer {
    let latest = try latest(request.checkpoint.origin, hash)
    if let objection = WitnessRules.objection(to: request, after: latest?.tree, cryptography) {
      return objection
    }
    let seconds = now()
    guard seconds > 0,
      let lines = cryptography.cosignatures(on: request.checkpoint.text, at: seconds)
    else { return .refused(.recordUnavailable) }
    let note = request.checkpoint.note + Array(lines.utf8)
    try store.replace(hash, with: WitnessRecord.encode(note, cryptography))
    return .cosigned(lines: lines)
  }

  private func latest(
    _ origin: String, _ hash: String
  ) throws(WitnessStoreError) -> SubmittedCheckpoint? {
    guard let bytes = try store.load(hash) else { return nil }
    guard let note = WitnessRecord.decode(bytes, cryptography),
      let checkpoint = SubmittedCheckpoint(note, cryptography), checkpoint.origin == origin
    else { throw .damaged(path: hash) }
    return checkpoint
  }
}
