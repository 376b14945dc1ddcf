/// Which file it is, whatever its name: device and inode number.
///
/// An inode number is used again after its file is gone; whoever remembers an identity checks a
/// fingerprint of the content too.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64

  package init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

/// What stat(2) says of a file, as far as reading logs needs it.
package struct FileStatus: Hashable, Sendable {
  /// The kind of file, in the words of error messages.
  package enum Kind: String, Sendable, CaseIterable {
    case regular = "regular file"
    case directory
    case fifo = "FIFO"
    case socket
    case characterDevice = "character device"
    case blockDevice = "block device"
    case other = "file of an unknown kind"
  }

  package let identity: FileIdentity
  package let kind: Kind
  /// Length as stored: compressed bytes of a compressed file.
  package let byteCount: Int

  package init(identity: FileIdentity, kind: Kind, byteCount: Int) {
    self.identity = identity
    self.kind = kind
    self.byteCount = byteCount
  }
}
