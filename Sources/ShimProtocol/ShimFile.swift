/// The files of an attempt's directory.
package enum ShimFile {
  /// `ShimSpecification`, mode 0600.
  package static let specification = "spec"
  /// `ShimLine`s: the truth about start and end.
  package static let events = "events"
  /// flock: held as long as the shim lives.
  package static let lock = "lock"
  package static let output = "stdout"
  package static let error = "stderr"
  /// Microseconds since 1970, 20 digits, of the shim's last sign of life.
  package static let heartbeat = "heartbeat"
  /// The descriptor under which a shim inherits its lock.
  package static let lockDescriptor: Int32 = 3
}
