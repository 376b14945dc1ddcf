/// Who hears what the shims say: the scheduler.
package protocol ShimEventHandling: Sendable {
  /// Takes lines of one run, as they came and in their order, without newlines. Each is a JSON object
  /// with `"shim":1` and the run's `run_id`; nothing else of it was looked at. The run's token was shown.
  ///
  /// - Returns: whether all of them are durable. After false the sender sends them again: lines that were
  ///   heard before must be harmless.
  func heard(runID: String, lines: [[UInt8]]) async -> Bool
}
