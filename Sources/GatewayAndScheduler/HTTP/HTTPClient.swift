internal import CPlatform
import Synchronization

/// An HTTP/1.1 client: `http` and `https` only, no redirects, no proxy, no cookies, no environment.
///
/// Each request runs on a lane: a libcurl handle with a thread of its own, which keeps its
/// connections for the next request. Lanes are made on demand, up to `laneCountMax`; further
/// requests wait for one, in order, within their own time limit.
package final class HTTPClient: Sendable {
  /// Requests at once.
  package static let laneCountMax = 8
  /// Requests that may wait for a lane.
  package static let waiterCountMax = 1024

  /// How a wait for a lane ended.
  private enum Admission {
    case lane(CurlLane)
    /// Too many wait already.
    case busy
    case timedOut
    case cancelled
  }

  private struct Waiter {
    let number: Int
    let continuation: CheckedContinuation<Admission, Never>
  }

  private struct State {
    var idle: [CurlLane] = []
    var laneCount = 0
    var waiters: [Waiter] = []
    var requestCount = 0
    /// Requests that were cancelled before they began to wait.
    var cancelled: Set<Int> = []
  }

  private let state = Mutex(State())

  package init() {}

  /// Requests that wait for a lane now.
  package var waiterCount: Int { state.withLock { $0.waiters.count } }

  /// Sends one request and reads the whole response; any status is a response, not an error.
  ///
  /// Cancelling the task ends the wait for a lane and aborts the transfer at once (`cancelled`). Never
  /// retried: whether the server acted on a request whose answer was lost is for the caller to know.
  package func send(
    _ request: HTTPClientRequest
  ) async throws(HTTPClientError) -> HTTPClientResponse {
    let origin = try request.checked()
    let begun = vigil_steady_microseconds()
    let lane =
      switch await admission(within: request.timeout) {
      case .lane(let lane): lane
      case .busy: throw .busy(waiting: HTTPClient.waiterCountMax)
      case .timedOut: throw .timedOut(origin, after: request.timeout)
      case .cancelled: throw .cancelled
      }
    guard lane.isUsable else {
      discardLane()
      throw .failed(origin, code: 2)
    }
    var bounded = request
    bounded.timeout -= .microseconds(vigil_steady_microseconds() - begun)
    let result = await perform(bounded, origin, lane)
    giveBack(lane)
    do {
      return try result.get()
    } catch .timedOut {
      throw .timedOut(origin, after: request.timeout)
    }
  }

  private func perform(
    _ request: HTTPClientRequest, _ origin: String, _ lane: CurlLane
  ) async -> Result<HTTPClientResponse, HTTPClientError> {
    let cancellation = lane.newCancellation()
    return await withTaskCancellationHandler {
      await lane.perform(request, origin, cancellation)
    } onCancel: {
      cancellation.cancel()
    }
  }

  // MARK: Lanes

  private func admission(within timeout: Duration) async -> Admission {
    let number = state.withLock { state in
      state.requestCount += 1
      return state.requestCount
    }
    let admission = await withTaskCancellationHandler {
      await withCheckedContinuation { enter($0, number, within: timeout) }
    } onCancel: {
      cancelWait(number)
    }
    _ = state.withLock { $0.cancelled.remove(number) }
    return admission
  }

  private func enter(
    _ continuation: CheckedContinuation<Admission, Never>, _ number: Int, within timeout: Duration
  ) {
    let answer: Admission? = state.withLock { state in
      if state.cancelled.contains(number) { return .cancelled }
      if let lane = state.idle.popLast() { return .lane(lane) }
      if state.laneCount < HTTPClient.laneCountMax {
        state.laneCount += 1
        return .lane(CurlLane())
      }
      guard state.waiters.count < HTTPClient.waiterCountMax else { return .busy }
      state.waiters.append(Waiter(number: number, continuation: continuation))
      return nil
    }
    if let answer { return continuation.resume(returning: answer) }
    OwnThread.start("http-client-wait", after: timeout) { [weak self] in
      self?.endWait(number, .timedOut)
    }
  }

  private func cancelWait(_ number: Int) {
    _ = state.withLock { $0.cancelled.insert(number) }
    endWait(number, .cancelled)
  }

  /// Does nothing for a request that waits no more.
  private func endWait(_ number: Int, _ admission: Admission) {
    let waiter: Waiter? = state.withLock { state in
      guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
      return state.waiters.remove(at: index)
    }
    waiter?.continuation.resume(returning: admission)
  }

  private func giveBack(_ lane: CurlLane) {
    let waiter: Waiter? = state.withLock { state in
      guard state.waiters.isEmpty else { return state.waiters.removeFirst() }
      state.idle.append(lane)
      return nil
    }
    waiter?.continuation.resume(returning: .lane(lane))
  }

  private func discardLane() { state.withLock { $0.laneCount -= 1 } }
}
