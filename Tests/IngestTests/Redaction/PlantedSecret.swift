import Foundation

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a test's seeded source of chance.
struct LineRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func text(_ alphabet: String, _ count: Int) -> String {
    let letters = Array(alphabet)
    return String((0..<count).map { _ in letters.randomElement(using: &self) ?? "x" })
  }
}

/// A secret that tests put into lines, and the forms in which it must not come out.
struct PlantedSecret {
  static let mixed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
  static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

  /// What is written into the line.
  let text: String
  /// The part that must never be seen again.
  let core: String

  /// Secrets that are known by their shape, whatever stands around them.
  static func shaped(_ random: inout LineRandom) -> [PlantedSecret] {
    let core = random.text(mixed, 36)
    let short = random.text(upper, 16)
    let password = random.text(mixed, 14)
    let pair = Data("svc:\(password)".utf8).base64EncodedString()
    var secrets = [
      "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "sk_live_", "sk-", "npm_", "hvs.",
    ]
    .map { PlantedSecret(text: $0 + core, core: core) }
    let (hex, id) = (random.text("0123456789abcdef", 64), random.text("0123456789abcdef", 16))
    secrets.append(PlantedSecret(text: "vigil_\(id)_\(hex)", core: hex))
    secrets.append(PlantedSecret(text: "AKIA" + short, core: short))
    secrets.append(PlantedSecret(text: "eyJhbGciOiJIUzI1NiJ9.eyJ\(core).\(short)", core: core))
    secrets.append(PlantedSecret(text: "Bearer \(core)", core: core))
    secrets.append(PlantedSecret(text: "bearer  \(core)", core: core))
    secrets.append(PlantedSecret(text: "Basic \(pair)", core: pair))
    secrets.append(PlantedSecret(text: "postgres://app:\(password)@db/x", core: password))
    secrets.append(PlantedSecret(text: "https://\(core)@git.example/x", core: core))
    secrets.append(
      PlantedSecret(
        text: "-----BEGIN RSA PRIVATE KEY-----\n\(core)\n-----END RSA PRIVATE KEY-----",
        core: core))
    return secrets
  }

  /// A value without any shape, secret by the name it stands under.
  static func named(_ random: inout LineRandom) -> PlantedSecret {
    let core = random.text(mixed, 14)
    return PlantedSecret(text: core, core: core)
  }

  /// Whether an output shows the secret: raw, escaped, percent-encoded or in base64.
  func shows(in output: String) -> Bool {
    if output.contains(core) { return true }
    let escaped = core.utf8.map { "\\u00" + hex($0) }.joined()
    let percent = core.utf8.map { "%" + hex($0) }.joined()
    let lowered = output.lowercased()
    if lowered.contains(escaped) || lowered.contains(percent) { return true }
    return base64Cores.contains { output.contains($0) }
  }

  /// The bytes of the base64 text that depend on the core alone, at each alignment.
  private var base64Cores: [String] {
    (0..<3).map { shift in
      let padded = Data([UInt8](repeating: 0x20, count: shift) + Array(core.utf8))
      return String(padded.base64EncodedString().filter { $0 != "=" }.dropFirst(4).dropLast(2))
    }
  }

  private func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}

/// How a secret is written where it is planted.
enum PlantedForm: CaseIterable {
  case raw, escaped, percentEncoded, percentEncodedTwice, base64, inNestedJSON

  /// The content of a JSON string (without quotes).
  func written(_ text: String) -> String {
    switch self {
    case .raw: json(text)
    case .escaped: text.utf8.map { "\\u00" + hex($0) }.joined()
    case .percentEncoded: percent(text)
    case .percentEncodedTwice: percent(percent(text))
    case .base64: Data("x \(text)".utf8).base64EncodedString()
    case .inNestedJSON: json("{\"detail\":[\"" + json(text) + "\"]}")
    }
  }

  private func percent(_ text: String) -> String {
    text.utf8.map { "%" + hex($0) }.joined()
  }

  private func json(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
