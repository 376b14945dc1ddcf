import Foundation
import Ingest
import Report
import TestSupport
import Testing

@Suite struct PackageArchiveTests {
  private let folder: TemporaryDirectory
  private var archive: String { folder.path + "/package.zip" }

  init() throws { folder = try TemporaryDirectory() }

  private func unpack(_ bytes: [UInt8]) throws -> SimulatedStorage {
    try Data(bytes).write(to: URL(fileURLWithPath: archive))
    let storage = SimulatedStorage()
    try PackageArchive.unpack(archive, archiveByteCount: bytes.count, into: storage)
    return storage
  }

  /// A package as files on a disk, and what the manifest says of it.
  private func onDisk(_ name: String) throws -> (fixture: PackageFixture, manifest: Manifest) {
    let fixture = try PackageFixture()
    let package = try fixture.export()
    let disk = try PosixStorage(directory: folder.path + "/" + name, creating: true)
    for directory in PackageLayout.directories where !directory.isEmpty {
      try disk.createDirectory(directory)
    }
    for path in package.paths {
      let bytes = try #require(package.bytes(path))
      try disk.replace(path, with: bytes.span, .group)
    }
    return (fixture, try Manifest(try #require(package.bytes(PackageLayout.manifest))))
  }

  @Test(
    "what is packed is unpacked byte for byte and passes, and packing twice gives the same bytes")
  func roundTrip() throws {
    let (fixture, manifest) = try onDisk("package")
    try PackageArchive.pack(manifest, folder.path + "/package", as: archive)
    let first = Array(try Data(contentsOf: URL(fileURLWithPath: archive)))
    let unpacked = try unpack(first)
    #expect(try unpacked.paths.sorted() == fixture.export().paths.sorted())
    #expect(try fixture.check(unpacked).attestedFiles.isEmpty)
    let again = folder.path + "/again.zip"
    try PackageArchive.pack(manifest, folder.path + "/package", as: again)
    #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == Data(first))
    #expect(throws: ZipError.self) {
      try PackageArchive.pack(manifest, folder.path + "/package", as: again)
    }
  }

  @Test(
    "a name that is no path of a package is refused, and nothing is written",
    arguments: [
      "../manifest.json", "/etc/passwd", "tables/../../x.csv", "tables/..", "tables//x.csv",
      "C:x.csv",
      "tables\\x.csv", "tables/X.csv", "other/x.csv", "october/manifest.json", "", ".", ".hidden",
      "tables/x.csv/", "tables/é.csv", "tables/x\u{202E}.csv", "proofs/rows/rows/x.jsonl",
    ])
  func names(_ name: String) throws {
    let zip = ZipBytes(entries: [.init(name: "manifest.json"), .init(name: name, contents: [1])])
    #expect(throws: ExportRefusal.self, "\(name)") { try unpack(zip.bytes) }
  }

  @Test("a name twice, an unknown compression, encryption, a wrong checksum or size are refused")
  func lies() throws {
    let honest = ZipBytes.Entry(name: "tables/x.csv", contents: Array("a,b\r\n".utf8))
    #expect(try unpack(ZipBytes(entries: [honest]).bytes).bytes("tables/x.csv") == honest.contents)
    var cases: [[ZipBytes.Entry]] = [[honest, honest]]
    for change in [
      { $0.method = 12 }, { $0.flags = 1 }, { $0.checksum = 7 }, { $0.statedByteCount = 4 },
      { $0.statedByteCount = 9 }, { $0.method = 8 }, { $0.statedByteCount = 0xFFFF_FFFE },
    ] as [(inout ZipBytes.Entry) -> Void] {
      var entry = honest
      change(&entry)
      cases.append([entry])
    }
    for (number, entries) in cases.enumerated() {
      #expect(throws: ExportRefusal.self, "case \(number)") {
        try unpack(ZipBytes(entries: entries).bytes)
      }
    }
  }

  @Test("directories as other programs pack them are passed over")
  func directories() throws {
    let names = ["tables/", "entries/", "proofs/", "proofs/rows/"]
    let storage = try unpack(ZipBytes(entries: names.map { .init(name: $0) }).bytes)
    #expect(storage.paths.isEmpty)
    #expect(throws: ExportRefusal.self) {
      try unpack(ZipBytes(entries: [.init(name: "other/")]).bytes)
    }
  }

  @Test("a bomb is refused before it is unpacked, and more entries than may be are")
  func bomb() throws {
    var (_, manifest) = try onDisk("bomb")
    let zeros = [UInt8](repeating: 0x30, count: 1 << 20)
    let disk = try PosixStorage(directory: folder.path + "/bomb", creating: false)
    let file = try disk.open("tables/zeros.csv", .writing(.group))
    for piece in 0..<24 { try file.write(zeros.span, at: piece << 20) }
    manifest.files.append(PackageFile(path: "tables/zeros.csv", byteCount: 24 << 20, digest: .zero))
    try PackageArchive.pack(manifest, folder.path + "/bomb", as: archive)
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: archive)))
    #expect(bytes.count < 120_000)
    let refusal = try #require(throws: ExportRefusal.self) { try unpack(bytes) }
    #expect(refusal.description.contains("more than all may have together"))

    let many = (0...PackageArchive.entryCountMax).map { ZipBytes.Entry(name: "tables/\($0)") }
    // The end of the directory counts to 65,535; libzip finds the two at odds.
    #expect(throws: ExportRefusal.self) { try unpack(ZipBytes(entries: many).bytes) }
  }

  @Test(
    "no flipped or missing byte of an archive crashes or goes unseen by the check of the package")
  func flips() throws {
    let (fixture, manifest) = try onDisk("flips")
    try PackageArchive.pack(manifest, folder.path + "/flips", as: archive)
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: archive)))
    let whole = try unpack(bytes)
    var random = SeededRandom(seed: 23)
    for _ in 0..<200 {
      var changed = bytes
      if Bool.random(using: &random) {
        changed[Int.random(in: 0..<bytes.count, using: &random)] ^=
          1 << UInt8.random(in: 0..<8, using: &random)
      } else {
        changed.removeSubrange(Int.random(in: 0..<bytes.count, using: &random)...)
      }
      do {
        let unpacked = try unpack(changed)
        // What is no part of a file's bytes may differ: times, modes, comments.
        #expect(unpacked.paths.sorted() == whole.paths.sorted())
        for path in whole.paths { #expect(unpacked.bytes(path) == whole.bytes(path), "seed 23") }
        #expect(try fixture.check(unpacked).attestedFiles.isEmpty)
      } catch is ExportRefusal {
      }
    }
  }
}
