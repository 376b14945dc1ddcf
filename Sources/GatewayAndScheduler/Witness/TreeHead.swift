/// A tree as a checkpoint states it: how many leaves, and the root over them.
package struct TreeHead: Hashable, Sendable {
  /// Number of leaves, 0 to 2^63 - 1.
  package let size: Int
  /// 32 bytes.
  package let root: [UInt8]

  package init(size: Int, root: [UInt8]) {
    self.size = size
    self.root = root
  }
}
