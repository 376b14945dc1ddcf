import FuzzHarnesses
import Glibc

// libFuzzer's own entry, so that this tool keeps its main and chooses the harness first.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Hands one harness to libFuzzer: `VIGIL_FUZZ_HARNESS` names it, the arguments are libFuzzer's own.
///
///     fuzz list                    the names, with the longest input worth trying
///     fuzz seeds NAME DIRECTORY    writes the seeds there, and the words to DIRECTORY.dict
@main
enum FuzzDriver {
  private static let harness: Harness? = {
    guard let name = unsafe getenv("VIGIL_FUZZ_HARNESS") else { return nil }
    let text = unsafe String(cString: name)
    return Harness.all.first { $0.name == text }
  }()

  static func main() throws {
    let arguments = CommandLine.arguments
    switch arguments.dropFirst().first {
    case "list":
      for harness in Harness.all { print("\(harness.name) \(harness.byteCountMax)") }
    case "seeds" where arguments.count == 4:
      guard let harness = Harness.all.first(where: { $0.name == arguments[2] }) else { exit(2) }
      try writeSeeds(of: harness, to: arguments[3])
    default:
      guard harness != nil else {
        complain("fuzz: VIGIL_FUZZ_HARNESS: expected a name of `fuzz list`")
        exit(2)
      }
      var count = CommandLine.argc
      var values = unsafe CommandLine.unsafeArgv
      exit(unsafe runDriver(&count, &values) { unsafe FuzzDriver.test($0, $1) })
    }
  }

  private static func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: libFuzzer's buffer holds `count` bytes for the length of the call; they are copied.
    let input = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    do {
      try harness?.run(input)
    } catch {
      complain("\(harness?.name ?? ""): \(error)")
      // libFuzzer keeps the input of a run that aborts.
      abort()
    }
    return 0
  }

  private static func complain(_ message: String) {
    let line = Array((message + "\n").utf8)
    // SAFETY: the array's pointer is valid for its count.
    _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
  }

  private static func writeSeeds(of harness: Harness, to directory: String) throws {
    for (number, seed) in try harness.seeds().enumerated() {
      write(seed, to: "\(directory)/seed-\(number)")
    }
    let words = harness.words.map { word in
      "\"" + word.utf8.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        + "\"\n"
    }
    write(Array(words.joined().utf8), to: directory + ".dict")
  }

  private static func write(_ bytes: [UInt8], to path: String) {
    guard let file = unsafe fopen(path, "wb") else {
      complain("fuzz: \(path): cannot be written")
      exit(2)
    }
    // SAFETY: the array's pointer is valid for its count.
    _ = unsafe bytes.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
    unsafe fclose(file)
  }
}
