import Foundation
import Ingest
import TestSupport
import Testing

@Suite("SigningKeyFile")
struct SigningKeyFileTests {
  private let directory: TemporaryDirectory
  private var path: String { directory.path + "/edge-1.key" }
  private let seed = [UInt8](1...32)

  init() throws { directory = try TemporaryDirectory() }

  private func make() throws -> Ed25519SigningKey {
    try SigningKeyFile(path: path).readOrMake { _ in seed }
  }

  private func setPermissions(_ bits: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: bits], ofItemAtPath: path)
  }

  private func fault() throws -> SigningKeyError.Fault? {
    let file = try SigningKeyFile(path: path)
    return #expect(throws: SigningKeyError.self) { try file.read() }?.fault
  }

  @Test("is made once, with mode 0600, and holds the seed alone")
  func making() throws {
    let key = try make()
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(seed))
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let again = try SigningKeyFile(path: path).readOrMake { _ in [UInt8](repeating: 9, count: 32) }
    #expect(again.publicKey == key.publicKey)
  }

  @Test("is refused when anybody but its owner may do anything with it")
  func permissions() throws {
    _ = try make()
    for bits in 0..<0o1000 where bits & 0o400 != 0 {
      try setPermissions(bits)
      if bits & 0o077 == 0 {
        #expect(try SigningKeyFile(path: path).read().seed == seed, "\(String(bits, radix: 8))")
      } else {
        #expect(try fault() == .permissions(UInt32(bits)), "\(String(bits, radix: 8))")
      }
    }
  }

  @Test("a link, a directory, or nothing in its place is no key")
  func otherThings() throws {
    #expect(try fault() == .missing)
    let target = directory.path + "/elsewhere"
    #expect(FileManager.default.createFile(atPath: target, contents: Data(seed)))
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    guard case .unreadable = try fault() else { throw TestFailure.unexpected }
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(try fault() != nil)
    #expect(throws: StorageError.self) { try SigningKeyFile(path: "/nothing/there/key") }
  }

  @Test("a key that cannot be written says so")
  func unwritable() throws {
    let file = try SigningKeyFile(path: "/proc/self/key")
    let error = #expect(throws: SigningKeyError.self) { try file.readOrMake { _ in seed } }
    guard case .unwritable = error?.fault else { throw TestFailure.unexpected }
  }
}
