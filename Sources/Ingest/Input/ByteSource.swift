/// Where bytes come from, in order, until there are no more.
package protocol ByteSource: ~Copyable {
  /// Reads some bytes into the start of `buffer` (never empty): how many, 0 at the end.
  ///
  /// After an error the source has given everything it could; it is not asked again.
  mutating func read(into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int
}
