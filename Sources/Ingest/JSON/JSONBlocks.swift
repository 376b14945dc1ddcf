import CPlatform

/// What the bytes of lines are, and whether they may stand beside each other, 64 at a time
/// (json_blocks.h). Reused from text to text.
package struct JSONBlocks: Sendable {
  /// How it is found: the same answers, at other speeds.
  package enum Way: Int32, CaseIterable, Sendable {
    /// Byte after byte: the definition.
    case portable
    /// Vectors that every processor of this architecture has.
    case baseline
    case avx2, avx512

    /// The fastest one that this processor has.
    package static var best: Way { Way(rawValue: vigil_json_blocks_best()) ?? .portable }

    /// Whether this processor has it.
    package var isAvailable: Bool { rawValue <= vigil_json_blocks_best() }
  }

  private let way: Way
  private var blocks: [vigil_json_block] = []
  private var count = 0

  /// Precondition: the processor has the way.
  package init(_ way: Way = .best) {
    precondition(way.isAvailable, "no \(way) on this processor")
    self.way = way
  }

  /// Forgets what was there and looks at `text`, which begins with a line's first byte.
  package mutating func look(at text: Span<UInt8>) {
    let size = Int(VIGIL_BLOCK_BYTES)
    count = (text.count + size - 1) / size
    if blocks.count < count {
      blocks = [vigil_json_block](repeating: vigil_json_block(), count: count)
    }
    // SAFETY: `blocks` has room for `count` blocks, which is what `text.count` bytes need.
    unsafe text.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe blocks.withUnsafeMutableBufferPointer {
        unsafe vigil_json_blocks(base, bytes.count, $0.baseAddress, way.rawValue)
      }
    }
  }

  /// Block i is bytes `64 i ..< 64 i + 64`; in the last one, those behind the text's end are none.
  var span: Span<vigil_json_block> {
    @_lifetime(borrow self) get { blocks.span.extracting(0..<count) }
  }

  /// All words of all blocks, to compare two ways by.
  package var words: [UInt64] {
    var words: [UInt64] = []
    for index in 0..<count {
      let block = blocks[index]
      words += [
        block.inside, block.opening, block.open, block.close, block.colon, block.comma,
        block.newline, block.brace, block.start, block.letter, block.escaped, block.special,
        block.error,
      ]
    }
    return words
  }
}
