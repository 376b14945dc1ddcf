import Detect
import Ingest

/// The `holidays` and `maintenance` lists of a configuration file, and the calendars they name.
struct CalendarFiles {
  /// Longest calendar that is read.
  private static let byteCountMax = 4 << 20

  private let configuration: String
  private let zones: ZoneCatalogue

  /// - Parameter configuration: the configuration's path; calendars are found beside it.
  init(configuration: String, zones: ZoneCatalogue) {
    self.configuration = configuration
    self.zones = zones
  }

  // MARK: Holidays

  /// One entry of the list: days, and whose they are.
  private struct Days {
    var calendar: HolidayCalendar
    var zones: [String] = []
    var principals: [String] = []
  }

  func holidays(from reader: inout ConfigurationReader) throws(ConfigurationError) -> WorkCalendar {
    let entries = try reader.entries("holidays") { (reader) throws(ConfigurationError) in
      try days(from: &reader)
    }
    var result = WorkCalendar()
    for element in entries {
      let entry: Days
      switch element {
      case .text(let text, let place): entry = Days(calendar: try holiday(text, place))
      case .object(let days): entry = days
      }
      if entry.zones.isEmpty, entry.principals.isEmpty {
        result.site = result.site.union(entry.calendar)
      }
      for zone in entry.zones {
        result.byZone[zone] = result.byZone[zone]?.union(entry.calendar) ?? entry.calendar
      }
      for name in entry.principals {
        result.byPrincipal[name] = result.byPrincipal[name]?.union(entry.calendar) ?? entry.calendar
      }
    }
    return result
  }

  private func days(from reader: inout ConfigurationReader) throws(ConfigurationError) -> Days {
    let texts = try reader.required("days", .strings)
    let zoneNames = try reader.value("zones", .strings, default: [])
    let principals = try reader.value("principals", .strings, default: [])
    if let unknown = zoneNames.first(where: { !isKnown($0) }) {
      throw reader.error(
        "zones", "found \(Quotation.quoted(unknown)): expected IANA time zones of this system")
    }
    var calendar = HolidayCalendar()
    for text in texts { calendar = calendar.union(try holiday(text, reader.place)) }
    return Days(calendar: calendar, zones: zoneNames, principals: principals)
  }

  private func isKnown(_ zone: String) -> Bool {
    do {
      _ = try zones.rules(of: zone)
      return true
    } catch {
      return false
    }
  }

  /// A date as `2026-12-25`, else the path of an `.ics`.
  private func holiday(
    _ text: String, _ place: JSON5Place
  ) throws(ConfigurationError) -> HolidayCalendar {
    do {
      return try readHoliday(text)
    } catch {
      throw problem("holidays", text, error, place)
    }
  }

  private func readHoliday(_ text: String) throws -> HolidayCalendar {
    guard text.hasSuffix(".ics") else { return try HolidayCalendar(dates: [text]) }
    let bytes = try contents(text)
    return try HolidayCalendar(iCalendar: bytes.span)
  }

  // MARK: Maintenance

  func maintenance(
    from reader: inout ConfigurationReader, siteZone: String
  ) throws(ConfigurationError) -> MaintenancePlan {
    let entries = try reader.entries("maintenance") { (reader) throws(ConfigurationError) in
      try part(from: &reader, siteZone)
    }
    var plan = MaintenancePlan()
    for element in entries {
      switch element {
      case .text(let text, let place):
        plan.parts.append(.init(windows: try windows(text, siteZone, place)))
      case .object(let part): plan.parts.append(part)
      }
    }
    return plan
  }

  private func part(
    from reader: inout ConfigurationReader, _ siteZone: String
  ) throws(ConfigurationError) -> MaintenancePlan.Part {
    let jobs = try reader.value("jobs", .strings, default: [])
    let sources = try reader.value("sources", .strings, default: [])
    let windows: MaintenanceWindows
    if let file = try reader.optional("calendar", .string) {
      windows = try self.windows(file, siteZone, reader.place)
    } else {
      let from = try reader.required("from", .string)
      let to = try reader.required("to", .string)
      let name = try reader.value("name", .string, default: "")
      do {
        windows = try MaintenanceWindows(list: [(from, to, name)])
      } catch {
        throw problem("maintenance", "\(from) to \(to)", error, reader.place)
      }
    }
    return MaintenancePlan.Part(windows: windows, jobs: jobs, sources: sources)
  }

  private func windows(
    _ path: String, _ siteZone: String, _ place: JSON5Place
  ) throws(ConfigurationError) -> MaintenanceWindows {
    do {
      return try readWindows(path, siteZone)
    } catch {
      throw problem("maintenance", path, error, place)
    }
  }

  private func readWindows(_ path: String, _ siteZone: String) throws -> MaintenanceWindows {
    let bytes = try contents(path)
    let zone = try zones.rules(of: siteZone)
    return try MaintenanceWindows(iCalendar: bytes.span, zone: zone, zones: zones)
  }

  // MARK: Files

  /// A path that is not absolute starts at the configuration's own folder.
  private func contents(_ path: String) throws -> [UInt8] {
    var resolved = path
    if !path.hasPrefix("/"), let slash = configuration.lastIndex(of: "/") {
      resolved = configuration[...slash] + path
    }
    return try InputDescriptor.contents(
      ofPath: resolved, byteCountMax: CalendarFiles.byteCountMax)
  }

  private func problem(
    _ key: String, _ text: String, _ error: any Error, _ place: JSON5Place
  ) -> ConfigurationError {
    ConfigurationError(
      file: configuration, place: place,
      problem: "\"\(key)\": \(Quotation.quoted(text)): \(error)")
  }
}
