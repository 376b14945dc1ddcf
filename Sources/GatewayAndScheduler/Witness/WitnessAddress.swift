/// Where a witness takes checkpoints: `https://host/prefix`, `http://…`, or `unix:/path/of/socket`.
package struct WitnessAddress: Sendable, Hashable, CustomStringConvertible {
  /// The submission prefix, without a slash at its end.
  package let url: String
  /// The Unix socket to connect to; nil for a host.
  package let socketPath: String?
  /// As it was given.
  package let description: String

  /// Nil for a text of another shape; whether a URL is a good one shows when it is used.
  package init?(_ text: String) {
    description = text
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard path.hasPrefix("/"), path.utf8.count <= HTTPEndpoint.pathByteCountMax else {
        return nil
      }
      socketPath = path
      url = "http://witness"
      return
    }
    guard text.hasPrefix("http://") || text.hasPrefix("https://"), !text.contains("?"),
      !text.contains("#")
    else { return nil }
    socketPath = nil
    url = text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}
