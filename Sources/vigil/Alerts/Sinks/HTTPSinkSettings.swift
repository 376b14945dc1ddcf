import Detect
import GatewayAndScheduler
import Ingest

/// Where a receiver listens that speaks HTTP.
struct HTTPSinkSettings: Sendable {
  /// The URL, or where it is kept when it is itself a secret.
  enum Address: Sendable {
    case plain(SinkURL)
    case secret(SecretReference)
  }

  let address: Address
  /// PEM file of the authorities to trust, in place of the system's.
  let authorityFile: String?
  /// Plain HTTP off this machine is allowed.
  let isInsecure: Bool

  /// `url`, which may be a reference; `fallback` where it is left out.
  init(
    from reader: inout ConfigurationReader, fallback: String? = nil
  ) throws(ConfigurationError) {
    isInsecure = try reader.value("insecure", .boolean, default: false)
    authorityFile = try reader.authorityFile()
    let text: String
    if let fallback {
      text = try reader.value("url", .string, default: fallback)
    } else {
      text = try reader.required("url", .string)
    }
    if ["file:", "env:", "exec:"].contains(where: text.hasPrefix) {
      address = .secret(try reader.requiredSecret("url"))
      return
    }
    do throws(SinkError) {
      address = .plain(try SinkURL(text, allowsPlain: isInsecure))
    } catch {
      throw reader.error("url", "\(error)")
    }
  }

  /// `url`, which must be a reference: whoever knows it may post there.
  init(secretIn reader: inout ConfigurationReader) throws(ConfigurationError) {
    isInsecure = try reader.value("insecure", .boolean, default: false)
    authorityFile = try reader.authorityFile()
    address = .secret(try reader.requiredSecret("url"))
  }
}

/// A URL that messages may go to: `https`, or `http` to this host. It is never shown.
struct SinkURL: Sendable {
  let text: String

  init(_ text: String, allowsPlain: Bool) throws(SinkError) {
    let lowered = text.lowercased()
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      let scheme = ["https://", "http://"].first(where: lowered.hasPrefix)
    else { throw SinkError("found no url of printable ascii: expected https://HOST/…") }
    let authority = lowered.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\") else {
      throw SinkError("found a url without a host, or with a name and password in it")
    }
    let isLoopback = ServerAddress.isLoopback(SinkURL.host(authority))
    guard scheme == "https://" || isLoopback || allowsPlain else {
      throw SinkError("found http to another host: expected https, or \"insecure\": true")
    }
    self.text = text
  }

  private static func host(_ authority: Substring) -> String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      return String(authority[...end])
    }
    return String(authority.prefix { $0 != ":" })
  }

  /// With a path behind its own.
  func appending(_ path: String) -> String {
    (text.hasSuffix("/") ? String(text.dropLast()) : text) + path
  }

  /// What must not be seen of it: what stands behind the host, whole and in parts long enough to be
  /// known by.
  var hidden: [String] {
    guard let scheme = text.firstRange(of: "://"),
      let start = text[scheme.upperBound...].firstIndex(where: { "/?#".contains($0) })
    else { return [] }
    let rest = text[start...]
    let parts = rest.split { "/?#&=".contains($0) }.map(String.init).filter { $0.utf8.count >= 8 }
    return rest.utf8.count > 4 ? [String(rest)] + parts : parts
  }
}
