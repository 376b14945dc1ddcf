import Ingest
import Testing

@Suite struct CheckpointListTests {
  private static func body(_ size: Int, origin: String = "edge-1") -> [UInt8] {
    Array(Checkpoint(origin: origin, size: size, root: .zero).body.utf8) + [0x0A]
  }

  @Test("a list over several pieces gives every checkpoint back, and finds it by size")
  func manyPieces() {
    // Bare bodies, as a journal without a key writes them: 140,000 fill three pieces.
    var bytes: [UInt8] = []
    let sizes = (1...140_000).map { 3 * $0 }
    for size in sizes { bytes += CheckpointListTests.body(size) }
    let history = CheckpointHistory(bytes)
    #expect(history.checkpoints.count == sizes.count)
    #expect(history.tailByteCount == 0 && history.damageOffset == nil)
    for index in [0, 65_535, 65_536, 131_071, 131_072, 139_999] {
      #expect(history.checkpoints[index].size == sizes[index])
      #expect(history.checkpoint(size: sizes[index])?.origin == "edge-1")
    }
    #expect(history.checkpoint(size: 4) == nil)
    #expect(history.checkpoints.last?.size == 420_000)
    #expect(history.checkpoints.suffix(2).map(\.size) == [419_997, 420_000])
  }

  @Test("a checkpoint of another log does not continue the file")
  func foreignOrigin() {
    let first = CheckpointListTests.body(1)
    let history = CheckpointHistory(
      first + CheckpointListTests.body(2, origin: "edge-2") + CheckpointListTests.body(3))
    #expect(history.checkpoints.map(\.size) == [1])
    #expect(history.damageOffset == first.count)
  }
}
