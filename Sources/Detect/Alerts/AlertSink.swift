/// A way out of the house for notifications: a webhook, a mail server, a file.
package protocol AlertSink: Sendable {
  /// The events that this sink takes; others are not queued for it.
  var events: Set<AlertNotification.Event> { get }

  /// Sends one message and waits for the receiver's word, within the sink's own time limit.
  ///
  /// Never retries: when to come again is the queue's to say. Cancelling the task ends the attempt with
  /// `retry`.
  func deliver(_ notification: AlertNotification) async -> AlertOutcome
}

/// What came of one attempt. Reasons hold no secret, neither of ours (URLs, keys) nor of the receiver's
/// answer beyond 200 escaped characters.
package enum AlertOutcome: Sendable, Equatable {
  /// The receiver said that it has it.
  case delivered
  /// The receiver could not be reached, did not answer, or is busy: the same may work later. With the
  /// pause that it asked for (`Retry-After`), if it did.
  case retry(reason: String, after: Duration?)
  /// The receiver will not have this message; another may pass.
  case refused(reason: String)
}
