/// Which emitter wrote a file; fixed when the file is opened.
package enum LogFormat: String, Sendable, CaseIterable {
  /// Each line is recognised by its own shape; of native records only requests, runs and tasks.
  case auto
  /// Caddy's access log, and nothing else.
  case caddy
  /// Caddy's runtime (default) log, with the access lines that it holds.
  case caddyRuntime = "caddy-runtime"
  /// The Luigi event plugin (`luigi-event/1`).
  case luigi
  /// The launcher or trigger service (`trigger-event/1`).
  case launcher
  /// Vigil's own records, every kind believed.
  case record
}
