/// What a shim says: one JSON object a line, in the file `events` of its attempt and on the socket.
///
///     {"shim":1,"event":"started","run_id":"…","attempt":1,"at_us":…,"pid":…,"start_ticks":…,
///      "shim_pid":…,"shim_start_ticks":…,"boot_id":"…"}
///     {"shim":1,"event":"exited","run_id":"…","attempt":1,"at_us":…,"cause":"exit","exit_code":0,…}
///
/// Only numbers and texts without anything to escape; the reader is `AttemptReport`.
package struct ShimLine: Sendable {
  package private(set) var bytes: [UInt8]

  package enum Event: String, Sendable { case started, heartbeat, exited }

  /// Why an attempt ended.
  package enum Cause: String, Sendable, CaseIterable {
    /// By itself.
    case exit
    /// At its deadline.
    case timeout
    /// The shim was told to end it.
    case stop
    /// It never ran.
    case notStarted = "not_started"
  }

  package init(_ event: Event, runID: String, attempt: Int, microseconds: Int64) {
    bytes = Array("{\"shim\":1,\"event\":\"\(event.rawValue)\"".utf8)
    field("run_id", runID)
    field("attempt", Int64(attempt))
    field("at_us", microseconds)
  }

  package mutating func field(_ key: StaticString, _ number: Int64) {
    bytes.append(contentsOf: ",\"\(key)\":\(number)".utf8)
  }

  /// Characters beyond letters, digits, space and `-_.:()` become `?`.
  package mutating func field(_ key: StaticString, _ text: String) {
    bytes.append(contentsOf: ",\"\(key)\":\"".utf8)
    for byte in text.utf8.prefix(200) {
      let isPlain =
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
        || " -_.:()".utf8.contains(byte)
      bytes.append(isPlain ? byte : UInt8(ascii: "?"))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// The whole line, newline included.
  package var line: [UInt8] { bytes + Array("}\n".utf8) }
}
