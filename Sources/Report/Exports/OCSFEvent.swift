import Ingest

/// One event of the Open Cybersecurity Schema Framework, release 1.8.0, as it is being written.
///
/// What every class requires comes first: class, category, type, activity, time in milliseconds,
/// severity, status and metadata. Each name and number is the published schema's.
struct OCSFEvent {
  static let schemaVersion = "1.8.0"

  /// The classes that records and findings are told in.
  enum Class: Int, CaseIterable {
    case scheduledJobActivity = 1006
    case eventLogActivity = 1008
    case complianceFinding = 2003
    case detectionFinding = 2004
    case authentication = 3002
    case entityManagement = 3004
    case httpActivity = 4002
    case apiActivity = 6003

    var category: Int { rawValue / 1000 }

    /// The schema's profile that some of its attributes come from.
    var profiles: [String] {
      switch self {
      case .scheduledJobActivity, .eventLogActivity: ["host"]
      default: []
      }
    }
  }

  enum Status: Int {
    case unknown = 0
    case success, failure
  }

  /// An activity number of the class, and its name where the number is 99.
  struct Activity {
    let number: Int
    let name: String?

    init(_ number: Int) {
      self.number = number
      name = nil
    }

    static func other(_ name: String) -> Activity { Activity(number: 99, name: name) }

    private init(number: Int, name: String?) {
      self.number = number
      self.name = name
    }
  }

  /// What the event was made of.
  struct Origin {
    var uid: String
    var source: String
    /// Journal index.
    var sequence: Int?
    /// Run, else request.
    var correlation: String?
    var profiles: [String] = []
  }

  private(set) var writer = JSONWriter()

  /// Forgets the last event and begins one.
  mutating func begin(
    _ kind: Class, _ activity: Activity, at instant: Timestamp, severity: Int, _ status: Status?,
    _ origin: Origin
  ) {
    writer.removeAll()
    writer.beginObject()
    writer.field("class_uid", kind.rawValue)
    writer.field("category_uid", kind.category)
    writer.field("activity_id", activity.number)
    writer.field("activity_name", activity.name)
    writer.field("type_uid", kind.rawValue * 100 + activity.number)
    let milliseconds = instant.microseconds / 1000 - (instant.microseconds % 1000 < 0 ? 1 : 0)
    writer.field("time", Int(milliseconds))
    writer.field("severity_id", severity)
    writer.field("status_id", status?.rawValue)
    writer.beginObject("metadata")
    writer.field("version", OCSFEvent.schemaVersion)
    writer.beginObject("product")
    writer.field("name", "Vigil")
    writer.field("vendor_name", "Vigil")
    writer.endObject()
    writer.field("profiles", kind.profiles + origin.profiles)
    writer.field("uid", origin.uid)
    writer.field("sequence", origin.sequence)
    writer.field("correlation_uid", origin.correlation)
    writer.field("log_name", origin.source)
    writer.field("original_time", instant.rfc3339)
    writer.endObject()
  }

  /// The event's bytes; the last thing asked of it.
  mutating func end() -> [UInt8] {
    writer.endObject()
    return writer.bytes
  }

  mutating func field(_ key: StaticString, _ value: String?) { writer.field(key, value) }
  mutating func field(_ key: StaticString, _ value: Int?) { writer.field(key, value) }

  mutating func object(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
    writer.beginObject(key)
    body(&writer)
    writer.endObject()
  }

  mutating func list(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
    writer.beginArray(key)
    writer.beginObject()
    body(&writer)
    writer.endObject()
    writer.endArray()
  }

  /// A user: 1 User, 4 Service, 0 Unknown.
  static func user(
    _ key: StaticString, _ name: String?, _ type: PrincipalType?, groups: [String] = [],
    to writer: inout JSONWriter
  ) {
    writer.beginObject(key)
    writer.field("name", name ?? "anonymous")
    let number =
      switch type {
      case .human: 1
      case .service: 4
      case nil: 0
      }
    writer.field("type_id", number)
    if !groups.isEmpty {
      writer.beginArray("groups")
      for group in groups {
        writer.beginObject()
        writer.field("name", group)
        writer.endObject()
      }
      writer.endArray()
    }
    writer.endObject()
  }
}
