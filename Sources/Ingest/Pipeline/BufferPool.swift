import Synchronization

/// Byte buffers used again and again: to get fresh memory from the system for every chunk costs a
/// tenth of an import.
///
/// Memory: at most `countMax` buffers wait.
final class BufferPool: Sendable {
  private let buffers = Mutex<[[UInt8]]>([])
  private let countMax: Int

  init(countMax: Int) { self.countMax = countMax }

  /// An empty buffer, with the capacity that it had.
  func take() -> [UInt8] { buffers.withLock { $0.popLast() ?? [] } }

  /// Gives a buffer back that nobody else holds; its bytes are gone.
  func give(_ buffer: consuming [UInt8]) {
    var buffer = buffer
    buffer.removeAll(keepingCapacity: true)
    buffers.withLock { [buffer] buffers in
      if buffers.count < countMax { buffers.append(buffer) }
    }
  }
}
