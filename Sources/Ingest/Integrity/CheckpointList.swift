/// Checkpoints of one log in rising order of size: 40 bytes each, one copy of the origin.
///
/// Kept in pieces, so that growing copies nothing and needs no room for a second copy: at one every
/// ten seconds a year's are 126 MB.
package struct CheckpointList: Sendable, Equatable, RandomAccessCollection {
  private static let pieceCount = 1 << 16

  private struct Piece: Sendable, Equatable {
    var sizes: [Int] = []
    var roots: [Digest] = []
  }

  private var origin = ""
  private var pieces: [Piece] = []
  package private(set) var count = 0

  package init() {}

  package var startIndex: Int { 0 }
  package var endIndex: Int { count }

  package subscript(index: Int) -> Checkpoint {
    let (piece, place) = index.quotientAndRemainder(dividingBy: CheckpointList.pieceCount)
    return Checkpoint(
      origin: origin, size: pieces[piece].sizes[place], root: pieces[piece].roots[place])
  }

  /// The tree size of one; cheaper than the whole checkpoint.
  func size(at index: Int) -> Int {
    let (piece, place) = index.quotientAndRemainder(dividingBy: CheckpointList.pieceCount)
    return pieces[piece].sizes[place]
  }

  /// Whether a checkpoint may stand in this list: one log has one origin.
  func isOfSameLog(_ checkpoint: Checkpoint) -> Bool {
    isEmpty || checkpoint.origin.utf8.elementsEqual(origin.utf8)
  }

  /// Precondition: of the same log, and larger than the last.
  mutating func append(_ checkpoint: Checkpoint) {
    precondition(isOfSameLog(checkpoint), "a checkpoint of another log: \(checkpoint.origin)")
    if isEmpty { origin = checkpoint.origin }
    if count % CheckpointList.pieceCount == 0 { pieces.append(Piece()) }
    pieces[pieces.count - 1].sizes.append(checkpoint.size)
    pieces[pieces.count - 1].roots.append(checkpoint.root)
    count += 1
  }

  mutating func removeLast() {
    precondition(count > 0, "no checkpoint to remove")
    count -= 1
    pieces[pieces.count - 1].sizes.removeLast()
    pieces[pieces.count - 1].roots.removeLast()
    if count % CheckpointList.pieceCount == 0 { pieces.removeLast() }
  }
}
