/// What a follower could not do quietly; each is for the caller to record.
package enum FollowNotice: Hashable, Sendable {
  /// The saved position is in no file that is left: reading goes on at the start of the live file,
  /// and what lay between is unknown.
  case positionLost(FollowPosition)
  /// The live file was cut or rewritten and no copy of its old content is left: lines that had not
  /// been read by then are gone. The offset is how far it had been read.
  case truncated(path: String, readOffset: Int)
  /// The file read until now has no known place among its siblings (deleted, not rotated): if the
  /// log was rotated more than once since, what lay between is unread.
  case predecessorGone(path: String)
  /// A rotated file ends before the saved position, or does not decompress: its rest is unread.
  case unreadable(path: String)
  /// A call failed; it is tried again at the next poll.
  case failed(InputError)
}

extension FollowNotice: CustomStringConvertible {
  package var description: String {
    switch self {
    case .positionLost(let position):
      return "follow \(position.path): found no file that holds saved offset \(position.offset): "
        + "reading on at the start of the live file"
    case .truncated(let path, let offset):
      return
        "follow \(path): file was cut or rewritten after \(offset) bytes were read, and no copy "
        + "of it was found: reading on at its start"
    case .predecessorGone(let path):
      return
        "follow \(path): found no trace of the file read until now among its rotated siblings: "
        + "reading on at the start of the live file"
    case .unreadable(let path):
      return "follow \(path): cannot be read to its end: going on after it"
    case .failed(let error): return error.description
    }
  }
}
