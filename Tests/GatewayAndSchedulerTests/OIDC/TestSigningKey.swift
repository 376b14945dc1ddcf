import Foundation
import Ingest
import Testing

/// A private key for tokens that tests sign: of the openssl tool, made anew for each test run, or an
/// Ed25519 key that signs within the process, for tests in which the algorithm does not matter. Those
/// block no thread that others need.
struct TestSigningKey: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case rsa2048, rsa1024, p256, p384, ed25519

    fileprivate var options: [String] {
      switch self {
      case .rsa2048: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
      case .rsa1024: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]
      case .p256: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
      case .p384: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
      case .ed25519: ["-algorithm", "ED25519"]
      }
    }
  }

  let kind: Kind
  private let pem: [UInt8]
  private let inProcess: Ed25519SigningKey?
  /// SubjectPublicKeyInfo.
  let publicDER: [UInt8]

  private init(seedByte: UInt8) throws {
    kind = .ed25519
    pem = []
    let key = try #require(Ed25519SigningKey(seed: [UInt8](repeating: seedByte, count: 32)))
    inProcess = key
    publicDER = key.publicKey.bytes
  }

  init(_ kind: Kind) throws {
    self.kind = kind
    inProcess = nil
    pem = try OpenSSL.run(["genpkey"] + kind.options)
    publicDER = try OpenSSL.run(["pkey", "-pubout", "-outform", "DER"], input: pem)
  }

  static let quick = Result { try TestSigningKey(seedByte: 1) }
  static let otherQuick = Result { try TestSigningKey(seedByte: 2) }

  /// One for the whole run: making RSA keys takes long.
  static let rsa = Result { try TestSigningKey(.rsa2048) }
  static let otherRSA = Result { try TestSigningKey(.rsa2048) }
  static let p256 = Result { try TestSigningKey(.p256) }
  static let otherP256 = Result { try TestSigningKey(.p256) }
  static let p384 = Result { try TestSigningKey(.p384) }
  static let ed25519 = Result { try TestSigningKey(.ed25519) }
  static let weakRSA = Result { try TestSigningKey(.rsa1024) }

  /// The public half as a JWK's members.
  func jwk(keyID: String?, algorithm: String? = nil) throws -> [String: String] {
    var members: [String: String] = ["use": "sig"]
    members["kid"] = keyID
    members["alg"] = algorithm
    switch kind {
    case .rsa2048, .rsa1024:
      // It ends with modulus and exponent: the INTEGER 65,537 takes five bytes.
      let modulus = publicDER.dropLast(5).suffix(kind == .rsa2048 ? 256 : 128)
      members["kty"] = "RSA"
      members["n"] = Base64URL.text(Array(modulus))
      members["e"] = "AQAB"
    case .p256, .p384:
      let count = kind == .p256 ? 32 : 48
      members["kty"] = "EC"
      members["crv"] = kind == .p256 ? "P-256" : "P-384"
      members["x"] = Base64URL.text(Array(publicDER.suffix(2 * count).prefix(count)))
      members["y"] = Base64URL.text(Array(publicDER.suffix(count)))
    case .ed25519:
      members["kty"] = "OKP"
      members["crv"] = "Ed25519"
      members["x"] = Base64URL.text(Array(publicDER.suffix(32)))
    }
    return members
  }

  /// A signature in the form of a JWS.
  func sign(_ message: [UInt8], _ algorithm: SignatureAlgorithm) throws -> [UInt8] {
    if let inProcess { return inProcess.signature(on: message.span) }
    let directory = try TemporaryDirectory()
    let (keyFile, inputFile) = (directory.path + "/k", directory.path + "/m")
    try Data(pem).write(to: URL(filePath: keyFile))
    try Data(message).write(to: URL(filePath: inputFile))
    let digest = "-sha" + algorithm.rawValue.suffix(3)
    switch algorithm {
    case .edDSA:
      return try OpenSSL.run(["pkeyutl", "-sign", "-rawin", "-inkey", keyFile, "-in", inputFile])
    case .rs256, .rs384, .rs512:
      return try OpenSSL.run(["dgst", digest, "-sign", keyFile, inputFile])
    case .ps256, .ps384, .ps512:
      return try OpenSSL.run([
        "dgst", digest, "-sign", keyFile, "-sigopt", "rsa_padding_mode:pss", "-sigopt",
        "rsa_pss_saltlen:digest", inputFile,
      ])
    case .es256, .es384:
      let der = try OpenSSL.run(["dgst", digest, "-sign", keyFile, inputFile])
      return TestSigningKey.joined(der, count: algorithm == .es256 ? 32 : 48)
    }
  }

  /// r and s of a DER sequence, side by side. All lengths are below 128 here.
  private static func joined(_ der: [UInt8], count: Int) -> [UInt8] {
    var result: [UInt8] = []
    var at = 2
    for _ in 0..<2 {
      let length = Int(der[at + 1])
      let digits = der[(at + 2)..<(at + 2 + length)].drop { $0 == 0 }
      result += [UInt8](repeating: 0, count: count - digits.count) + digits
      at += 2 + length
    }
    return result
  }

  /// A token with these header and claim members; `claims` wins over the usual ones.
  func token(
    _ algorithm: SignatureAlgorithm, keyID: String? = "k1", header: String? = nil, claims: String
  ) throws -> String {
    let kid = keyID.map { ",\"kid\":\"\($0)\"" } ?? ""
    let head = header ?? "{\"alg\":\"\(algorithm.rawValue)\",\"typ\":\"JWT\"\(kid)}"
    let signed = Base64URL.text(Array(head.utf8)) + "." + Base64URL.text(Array(claims.utf8))
    return signed + "." + Base64URL.text(try sign(Array(signed.utf8), algorithm))
  }
}

/// Runs the openssl tool.
enum OpenSSL {
  struct Failure: Error { let arguments: [String] }

  static func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    let (toTool, fromTool) = (Pipe(), Pipe())
    process.standardInput = toTool
    process.standardOutput = fromTool
    process.standardError = FileHandle.nullDevice
    try process.run()
    try toTool.fileHandleForWriting.write(contentsOf: Data(input))
    try toTool.fileHandleForWriting.close()
    let output = try fromTool.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
    return Array(output)
  }
}

/// A key set's JSON text.
func keySetText(_ keys: [[String: String]]) throws -> [UInt8] {
  Array(try JSONSerialization.data(withJSONObject: ["keys": keys], options: .sortedKeys))
}
