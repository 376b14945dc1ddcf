import Foundation
import Ingest
import Testing

/// `gzip -n` of the lines `line 0` to `line 499`, made with Python's gzip module and mtime 0.
private let compressedLines =
  "H4sIAAAAAAAC/0XXO24dQRBD0Vyr8BKmSM5vQQ4MCN5/aBiPtxR1pAtb6jNd9f3n7+9fx9f3/2M+hz6HP0c+x/k5"
  + "rs9xf47nc7z9cTLtTEPT0jQ1bU1j09o0N+2pPfHvak/tqT21p/bUntpTe27P7Zn/aHtuz+25Pbfn9txe2kt7aS/8"
  + "5tpLe2kv7aW9tHe2d7Z3tne2d/KnaO9s72zvbO9s72rvau9q72rvau/ib9ve1d7V3tXe3d7d3t3e3d7d3t3ezWVp"
  + "727vbu9p72nvae9p72nvae9p7+H2tfe097b3tve297b3tve297b3tvdynfc+c6EPbvTBlT640weX+uBWH1zrg3t9"
  + "cLEPyj9UKC+W1bJc1suCWTFLBjMDmtEqpIybAc4gZ6Az2BnwDHoGPoOf8QKnDKHB0IBoUDQwGhwNkAZJA6XJfjso"
  + "o2ngNHgaQA2iBlKDqQHVoGrO/SxRBtYga6A12BpwDboGXoOvAdhc+8WjjLEB2aBsYDY4G6AN0gZqg7W592NKGW6D"
  + "twHcIG4gN5gb0A3qBnbz7HeaMvIGeoO9Ad+gb+A3+BsADgLn3Sdg3wAeAQwKg8KgMCgMCoPCoDAoDGr2eaGMQWFQ"
  + "GBQGhUFhUBjUvlv7cP28XJT37drHa1+vfb72/doHDIPCoDAo76NIGYPCoDAoDAqDwqAwKAwKg8q+t5QxKAwKg8Kg"
  + "MCgMCoPCoDCoc59yyhgUBoVBYVAYFAaFQWFQGNS1UwJlDAqDwqAwKAwKg8KgMCgM6t4BhDIGhUFhUBgUBoVBYVAY"
  + "FAb17GxDGYPCoDAoDAqDwqAwKAwKg3p3bNq5icEJg8agMWgMGoPGoDFoDBqDnh3JKGPQGDQGjUFj0Bg0Bo1BY9Da"
  + "aY8yBo1BY9AYNAaNQe8UuWPkzpE/gyTlHSV3ltxhcqfJHScxaAwag8agszMqZQwag8agMWgMGoPGoDFoDPrc8Zcy"
  + "Bo1BY9AYNAaNQWPQGDQGfe1kTRmDxqAxaAwag8agMWgMGoO+d2injEFj0Bg0Bo1BY9AYNAaNQT+7D1DGoDFoDBqD"
  + "xqAxaAwag8ag3101dtdg2cBgMBgMBoPBYDAYDAaDwWBm1xjKGAwGg8FgMBgMBoPBYDAYjHZDoozBYDAYDAaDwWAw"
  + "GAwGg8F4ly/KGAwGg8FgMBjM7nS71O1Wt2vdz15HeTe7Xe12t9vlDoPBYDAYDAaDOXdlpIzBYDAYDAaDwWAwGAwG"
  + "g8Fcu41SxmAwGAwGg8FgMBgMBoPBYO5ddCljMBgMBoPBYDAYDAaDwWAwz+7QlDEYDAaDwWAwGAwGg8FgMJh31/P3"
  + "6x//xSfsJhEAAA=="

@Suite struct InputFileTests {
  private func compressed() throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: compressedLines)))
  }

  private func read(_ path: String) throws -> [ReadLine] {
    try lines(of: InputFile.open(path))
  }

  /// The offset of each line: what the text is, zlib's checksum vouches for.
  private func places(_ path: String) throws -> [Int] {
    var reader = LineReader(try InputFile.open(path))
    var places: [Int] = []
    while let line = try reader.next() { places.append(line.byteOffset) }
    return places
  }

  @Test("a plain file gives its lines, also when it is shorter than a magic number")
  func plain() throws {
    let directory = try TemporaryDirectory()
    #expect(try read(directory.write("a", "one\ntwo\n")).map(\.text) == ["one", "two"])
    #expect(
      try read(directory.write("b", "x")) == [ReadLine(text: "x", offset: 0, isTerminated: false)])
    #expect(try read(directory.write("c", "")).isEmpty)
  }

  @Test("gzip is told by its first bytes, whatever the name says")
  func gzipByMagic() throws {
    let directory = try TemporaryDirectory()
    let read = try read(directory.write("looks-plain.log", compressed()))
    #expect(read.count == 500)
    #expect(read.last == ReadLine(text: "line 499", offset: 4381))
    #expect(try self.read(directory.write("plain.gz", "text\n")).map(\.text) == ["text"])
  }

  @Test("gzip members that follow each other are one text, and zero bytes between them padding")
  func members() throws {
    let directory = try TemporaryDirectory()
    let members =
      storedGzip(Array("a\nb".utf8)) + [0, 0, 0] + storedGzip([]) + storedGzip(Array("c\n".utf8))
    let read = try read(directory.write("x.gz", members + [0, 0]))
    #expect(read.map(\.text) == ["a", "bc"])
  }

  @Test("a gzip stream cut anywhere gives a beginning of its lines and then says where it ends")
  func truncated() throws {
    let directory = try TemporaryDirectory()
    let whole = try compressed()
    for count in 4..<whole.count where count % 37 == 4 || count > whole.count - 12 {
      let path = try directory.write("x.gz", Array(whole[..<count]))
      var reader = LineReader(try InputFile.open(path))
      var lineCount = 0
      var failure: InputError?
      do {
        while try reader.next() != nil { lineCount += 1 }
      } catch { failure = error }
      guard case .gzipTruncated(_, let compressedOffset, let decompressedOffset) = failure else {
        Issue.record("cut at \(count): \(String(describing: failure))")
        continue
      }
      #expect(compressedOffset == count && decompressedOffset <= 4390)
      #expect(lineCount <= 500)
    }
  }

  @Test("any flipped byte of a gzip stream gives an error or the same text, never a crash")
  func flipped() throws {
    let directory = try TemporaryDirectory()
    let whole = try compressed()
    let expected = try places(directory.write("x.gz", whole))
    var random = InputRandom(seed: 11)
    for offset in 2..<whole.count where offset % 3 == 2 || offset < 40 {
      var bytes = whole
      bytes[offset] ^= UInt8.random(in: 1...255, using: &random)
      let path = try directory.write("x.gz", bytes)
      do {
        #expect(try places(path) == expected, "byte \(offset)")
      } catch let error as InputError {
        switch error {
        case .gzipCorrupt, .gzipTruncated: break
        default: Issue.record("byte \(offset): \(error)")
        }
      }
    }
  }

  @Test("bytes after the last member that begin none are an error with its offset")
  func trailing() throws {
    let directory = try TemporaryDirectory()
    let member = storedGzip(Array("a\n".utf8))
    let path = try directory.write("x.gz", member + Array("trailing".utf8))
    #expect {
      _ = try read(path)
    } throws: { error in
      guard case .gzipCorrupt(_, let offset, 2, let reason) = error as? InputError else {
        return false
      }
      return offset >= member.count && reason.contains("after the last one")
    }
  }

  @Test("zstd is refused by name")
  func zstd() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("x.log.zst", [0x28, 0xB5, 0x2F, 0xFD, 0, 0])
    #expect(throws: InputError.unsupportedCompression(path: path, format: "zstd")) {
      _ = try InputFile.open(path)
    }
  }

  @Test("what is no file is refused with what was tried, found and expected")
  func noFile() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: InputError.notAFile(path: directory.path, kind: .directory)) {
      _ = try InputFile.open(directory.path)
    }
    let missing = directory.file("missing")
    let error = #expect(throws: InputError.self) { _ = try InputFile.open(missing) }
    #expect(error == .missing(path: missing))
    #expect(error?.description == "open \(missing): nothing there: expected a readable file")
    #expect(throws: InputError.notAFile(path: "/dev/null", kind: .characterDevice)) {
      _ = try InputFile.open("/dev/null")
    }
    let fifo = directory.file("fifo")
    let made = unsafe mkfifo(fifo, 0o600)
    try #require(made == 0)
    let found = #expect(throws: InputError.self) { _ = try InputFile.open(fifo) }
    #expect(
      found?.description.hasSuffix("found a FIFO: expected a regular file, or - for standard input")
        == true)
  }
}
