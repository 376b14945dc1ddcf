/// What of a log's settings concerns lines that are made into entries directly.
struct DirectSettings: Sendable {
  let log: LogSettings
  let format: LogFormat
  /// The source of Caddy's lines, and the beginnings of the launcher's and Luigi's, up to the host.
  let caddySource: [UInt8]
  let launcherSource: [UInt8]
  let luigiSource: [UInt8]
  /// Whether the settings ask for anything that only the long way knows.
  let isUnclear: Bool
  /// The same for Caddy's lines alone.
  let isCaddyUnclear: Bool

  init(_ format: LogFormat, _ log: LogSettings) {
    self.log = log
    self.format = format
    caddySource = Array((log.source ?? "caddy/\(log.host)").utf8)
    launcherSource = Array((log.source ?? "launcher/").utf8)
    luigiSource = Array((log.source ?? "luigi/").utf8)
    // Names that need escapes, or are too long to be worth a thought.
    func isPlain(_ text: String) -> Bool {
      let bytes = text.utf8Span.span
      return bytes.count < 1024 && bytes.endOfPlainRun(from: 0) == bytes.count
    }
    isUnclear = !isPlain(log.host) || !isPlain(log.source ?? "") || !log.keepsOriginal
    isCaddyUnclear =
      log.keys != CaddyKeys() || log.timeUnit != .automatic && log.timeUnit != .seconds
      || log.durationUnit != .automatic && log.durationUnit != .seconds
  }
}
