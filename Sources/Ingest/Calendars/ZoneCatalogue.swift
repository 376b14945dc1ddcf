import Synchronization

/// The time zones by name, each read once.
///
/// Names come from tokens and requests: a name is checked before it becomes part of a path, and what
/// is remembered is limited, names that do not exist included.
package final class ZoneCatalogue: Sendable {
  /// Most names remembered; more are read every time.
  package static let cacheCountMax = 1024
  /// Longest name taken, in bytes. The longest there is has 30.
  package static let nameByteCountMax = 64

  private let read: @Sendable (_ name: String) throws(ZoneError) -> [UInt8]
  private let cache = Mutex<[String: Result<TimeZoneRules, ZoneError>]>([:])

  /// - Parameter read: gives the bytes of the zone's TZif file; the name is of the form
  ///   `Area/Location` and safe to append to a directory. Throws `.unknown` where there is none.
  package init(read: @escaping @Sendable (_ name: String) throws(ZoneError) -> [UInt8]) {
    self.read = read
  }

  /// Over a zone directory of the system, such as `/usr/share/zoneinfo`.
  package convenience init(directory: String) {
    self.init { (name) throws(ZoneError) in
      do throws(InputError) {
        return try InputDescriptor.contents(
          ofPath: directory + "/" + name, byteCountMax: TZifReader.byteCountMax)
      } catch {
        switch error {
        case .missing, .notAFile: throw .unknown(name)
        default: throw .unreadable(name, reason: error.description)
        }
      }
    }
  }

  /// The rules of a zone.
  package func rules(of name: String) throws(ZoneError) -> TimeZoneRules {
    guard ZoneCatalogue.isValid(name) else { throw .invalidName(name) }
    if let known = cache.withLock({ $0[name] }) { return try known.get() }
    let result: Result<TimeZoneRules, ZoneError>
    do {
      let bytes = try read(name)
      result = .success(try TimeZoneRules(name: name, tzif: bytes.span))
    } catch {
      result = .failure(error)
    }
    cache.withLock { cache in
      if cache.count < ZoneCatalogue.cacheCountMax { cache[name] = result }
    }
    return try result.get()
  }

  /// `[A-Za-z0-9_+-]+` joined by single slashes: no dot, so no way up.
  package static func isValid(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= nameByteCountMax else { return false }
    return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .allSatisfy { part in
        !part.isEmpty
          && part.allSatisfy { byte in
            (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
              || "_+-".utf8.contains(byte)
          }
      }
  }
}
