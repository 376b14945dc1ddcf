/// Why a time zone's rules could not be had.
package enum ZoneError: Error, Hashable, Sendable {
  /// The name is not one that a zone can have; it was not looked up.
  case invalidName(String)
  /// There is no zone of this name.
  case unknown(String)
  /// The zone's file could not be read.
  case unreadable(String, reason: String)
  /// The zone's bytes are no TZif file of version 2 or later, from this byte on.
  case malformed(String, byteOffset: Int, reason: String)
}

extension ZoneError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .invalidName(let name):
      return "time zone \(JSON5Scanner.quoted(name)): expected an IANA name such as Europe/Berlin"
    case .unknown(let name): return "time zone \(name): found no such zone"
    case .unreadable(let name, let reason): return "time zone \(name): \(reason)"
    case .malformed(let name, let offset, let reason):
      return "time zone \(name): byte \(offset): \(reason)"
    }
  }
}
