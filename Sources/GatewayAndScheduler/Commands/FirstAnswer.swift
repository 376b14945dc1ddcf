import Synchronization

/// Waits for the first of several answers: of a job that nobody can break off, of its deadline, of the
/// task's cancellation. Later ones are dropped.
package final class FirstAnswer<Value: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Value, Never>)
    case given(Value)
    case taken
  }

  private let state = Mutex(State.open)

  package init() {}

  /// Whether an answer has been given: what would give another one need not begin.
  package var isGiven: Bool {
    state.withLock { state in
      switch state {
      case .open, .awaited: false
      case .given, .taken: true
      }
    }
  }

  package func give(_ value: Value) {
    let waiting: CheckedContinuation<Value, Never>? = state.withLock { state in
      switch state {
      case .open: state = .given(value)
      case .awaited(let continuation):
        state = .taken
        return continuation
      case .given, .taken: break
      }
      return nil
    }
    waiting?.resume(returning: value)
  }

  /// The first answer; to be asked for once. Cancelling the task gives `cancelled`.
  ///
  /// - Parameter late: the answer when the time is over.
  package func value(within timeout: Duration, late: Value, cancelled: Value) async -> Value {
    OwnThread.start("deadline", after: timeout) { [weak self] in self?.give(late) }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let value: Value? = state.withLock { state in
          guard case .given(let value) = state else {
            state = .awaited(continuation)
            return nil
          }
          state = .taken
          return value
        }
        if let value { continuation.resume(returning: value) }
      }
    } onCancel: {
      give(cancelled)
    }
  }
}
