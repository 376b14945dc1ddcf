import Foundation
import Testing

/// curl, as a person or a machine uses it: one cookie jar, one authority trusted.
final class LiveClient {
  struct Answer {
    let status: Int
    /// Names in lower case; of several fields of one name the last.
    let headers: [String: String]
    /// Every `Set-Cookie`.
    let cookies: [String]
    let body: String

    /// The body as a JSON object.
    func object() throws -> [String: Any] {
      try #require(
        try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any], "\(body)")
    }
  }

  private let folder: TemporaryFolder
  private let authority: String?
  private let jar: String

  /// - Parameter authority: PEM file of the authority that Caddy signs with.
  init(in folder: TemporaryFolder, authority: String? = nil) {
    self.folder = folder
    self.authority = authority
    jar = folder.path("jar-\(UUID().uuidString)")
  }

  /// One request; redirects are not followed unless `words` says so.
  func send(
    _ method: String, _ url: String, headers: [String: String] = [:], body: String? = nil,
    words: [String] = []
  ) throws -> Answer {
    let name = UUID().uuidString
    let (head, content) = (folder.path(name + ".head"), folder.path(name + ".body"))
    var command = [
      "-sS", "--max-time", "30", "-X", method, "-D", head, "-o", content, "-w", "%{http_code}",
      "-b", jar, "-c", jar, "--path-as-is",
    ]
    if let authority { command += ["--cacert", authority] }
    for (field, value) in headers.sorted(by: { $0.key < $1.key }) {
      command += ["-H", value.isEmpty ? "\(field);" : "\(field): \(value)"]
    }
    if let body { command += ["--data-binary", body] }
    let status = try LiveClient.curl(command + words + [url])
    let lines = (try? String(contentsOfFile: head, encoding: .utf8)) ?? ""
    let text = String(
      decoding: FileManager.default.contents(atPath: content) ?? Data(), as: UTF8.self)
    let fields = LiveClient.fields(lines)
    return Answer(
      status: status, headers: Dictionary(fields) { $1 },
      cookies: fields.filter { $0.0 == "set-cookie" }.map(\.1), body: text)
  }

  private static func curl(_ words: [String]) throws -> Int {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
    process.arguments = words
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    return try #require(Int(text), "curl said \(text), status \(process.terminationStatus)")
  }

  private static func fields(_ head: String) -> [(String, String)] {
    head.split(whereSeparator: \.isNewline).compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      return (line[..<colon].lowercased(), value)
    }
  }
}
