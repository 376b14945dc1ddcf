import Synchronization

/// An HTTP/1.1 client: `http` and `https` only, no redirects, no proxy, no cookies, no environment.
///
/// Each request runs on a lane: a libcurl handle with a thread of its own, which keeps its
/// connections for the next request. Lanes are made on demand, up to `laneCountMax`; further
/// requests wait for one, in order.
package final class HTTPClient: Sendable {
  /// Requests at once.
  package static let laneCountMax = 8
  /// Requests that may wait for a lane.
  package static let waiterCountMax = 1024

  private struct State {
    var idle: [CurlLane] = []
    var laneCount = 0
    var waiters: [CheckedContinuation<CurlLane?, Never>] = []
  }

  private let state = Mutex(State())

  package init() {}

  /// Sends one request and reads the whole response; any status is a response, not an error.
  ///
  /// Cancelling the task aborts the transfer at once (`cancelled`). Never retried: whether the
  /// server acted on a request whose answer was lost is for the caller to know.
  package func send(
    _ request: HTTPClientRequest
  ) async throws(HTTPClientError) -> HTTPClientResponse {
    let origin = try request.checked()
    guard let lane = await takeLane() else { throw .busy(waiting: HTTPClient.waiterCountMax) }
    guard lane.isUsable else {
      discardLane()
      throw .failed(origin, code: 2)
    }
    let cancellation = lane.newCancellation()
    let result = await withTaskCancellationHandler {
      await lane.perform(request, origin, cancellation)
    } onCancel: {
      cancellation.cancel()
    }
    giveBack(lane)
    return try result.get()
  }

  private func takeLane() async -> CurlLane? {
    await withCheckedContinuation { continuation in
      let lane: CurlLane?? = state.withLock { state in
        if let lane = state.idle.popLast() { return lane }
        if state.laneCount < HTTPClient.laneCountMax {
          state.laneCount += 1
          return CurlLane()
        }
        guard state.waiters.count < HTTPClient.waiterCountMax else { return .some(nil) }
        state.waiters.append(continuation)
        return nil
      }
      if let lane { continuation.resume(returning: lane) }
    }
  }

  private func giveBack(_ lane: CurlLane) {
    let waiter = state.withLock { state in
      guard state.waiters.isEmpty else { return Optional(state.waiters.removeFirst()) }
      state.idle.append(lane)
      return nil
    }
    waiter?.resume(returning: lane)
  }

  private func discardLane() { state.withLock { $0.laneCount -= 1 } }
}
