/// The checkpoints of the file `checkpoints` in rising order of size, each once: a note that comes
/// again brings signatures, not another checkpoint.
///
/// Memory: one note.
package struct CheckpointSequence {
  private var notes: CheckpointNotes
  private let endOffset: Int
  private var last: Int

  /// - Parameters:
  ///   - offset: where a note begins.
  ///   - endOffset: where a note ends: the bytes that were found sound; nil takes what is whole.
  ///   - size: only larger ones are handed out.
  package init(
    _ bytes: CheckpointBytes, from offset: Int = 0, endOffset: Int? = nil, beyond size: Int = -1
  ) {
    notes = CheckpointNotes(bytes, from: offset)
    self.endOffset = endOffset ?? bytes.byteCount
    last = size
  }

  package mutating func next() throws(StorageError) -> Checkpoint? {
    while notes.offset < endOffset, let note = try notes.next() {
      let checkpoint = note.stored.checkpoint
      guard checkpoint.size > last else { continue }
      last = checkpoint.size
      return checkpoint
    }
    return nil
  }

  /// The one of this size, if it is still to come; passes those before it.
  package mutating func checkpoint(size: Int) throws(StorageError) -> Checkpoint? {
    while let checkpoint = try next() {
      if checkpoint.size >= size { return checkpoint.size == size ? checkpoint : nil }
    }
    return nil
  }
}

/// Where some of the checkpoints of the file `checkpoints` begin, evenly spread, so that any is found
/// without reading the whole file, in memory that does not grow with it.
struct CheckpointPlaces {
  private let countMax: Int

  private struct Place {
    let size: Int
    let offset: Int
  }

  private var places: [Place] = []
  /// Every so many checkpoints have a place.
  private var stride = 1
  private var count = 0

  /// - Parameter countMax: places kept, 16 bytes each; at least 1.
  init(countMax: Int) { self.countMax = countMax }

  /// Adds a checkpoint larger than those before it.
  mutating func add(size: Int, offset: Int) {
    defer { count += 1 }
    guard count % stride == 0 else { return }
    if places.count == countMax {
      places = places.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      stride *= 2
      guard count % stride == 0 else { return }
    }
    places.append(Place(size: size, offset: offset))
  }

  /// The checkpoint of this size; nil when there is none. Cost: reads `stride` notes.
  func checkpoint(
    size: Int, in bytes: CheckpointBytes, endOffset: Int
  ) throws(StorageError) -> Checkpoint? {
    var range = 0..<places.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range =
        places[middle].size <= size
        ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    guard range.lowerBound > 0 else { return nil }
    var sequence = CheckpointSequence(
      bytes, from: places[range.lowerBound - 1].offset, endOffset: endOffset)
    return try sequence.checkpoint(size: size)
  }
}
