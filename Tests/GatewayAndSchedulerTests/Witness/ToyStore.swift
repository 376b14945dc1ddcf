import GatewayAndScheduler
import Synchronization

/// Records in memory, with a fault at chosen writes and a log of what was done.
final class ToyStore: WitnessStore {
  enum Fault: CaseIterable {
    /// The write fails and is known not to be done.
    case failedNotDone
    /// The write fails and is not done, but nobody can know.
    case uncertainNotDone
    /// The write fails although it is done.
    case uncertainDone
  }

  struct State {
    var records: [String: [UInt8]] = [:]
    var log: [String] = []
    /// Number of writes until the fault; it strikes once.
    var fault: (after: Int, kind: Fault)?
  }

  let state: Mutex<State>
  /// Called inside each write, before anything is stored.
  let duringWrite: @Sendable (String) -> Void

  init(
    records: [String: [UInt8]] = [:], fault: (after: Int, kind: Fault)? = nil,
    duringWrite: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    state = Mutex(State(records: records, fault: fault))
    self.duringWrite = duringWrite
  }

  var records: [String: [UInt8]] { state.withLock { $0.records } }
  var log: [String] { state.withLock { $0.log } }

  func load(_ name: String) throws(WitnessStoreError) -> [UInt8]? {
    state.withLock { state in
      state.log.append("load")
      return state.records[name]
    }
  }

  func replace(_ name: String, with bytes: [UInt8]) throws(WitnessStoreError) {
    state.withLock { $0.log.append("write begins") }
    duringWrite(name)
    let error: WitnessStoreError? = state.withLock { state in
      state.log.append("write ends")
      guard let fault = state.fault, fault.after == 0 else {
        if let fault = state.fault { state.fault = (fault.after - 1, fault.kind) }
        state.records[name] = bytes
        return nil
      }
      state.fault = nil
      if fault.kind == .uncertainDone { state.records[name] = bytes }
      return fault.kind == .failedNotDone
        ? .unchanged(call: "write", path: name, errno: 28)
        : .uncertain(call: "fsync", path: name, errno: 5)
    }
    if let error { throw error }
  }
}

typealias ToyWitness = Witness<ToyStore, ToyCryptography>

func toyWitness(
  _ store: ToyStore = ToyStore(), cryptography: ToyCryptography = ToyCryptography(),
  now: Int64 = 1_700_000_000
) -> ToyWitness {
  Witness(
    of: [
      WitnessedOrigin(name: "example.com/log", keys: ["log-key", "second-key"]),
      WitnessedOrigin(name: "example.com/other", keys: ["log-key"]),
    ], store: store, cryptography: cryptography, now: { now }, reportingTo: { _, _ in })
}
