import CPlatform

// The thin wall before the vector code of byte_scan.h: ranges are checked here, once a call.

extension Span<UInt8> {
  /// One past the bytes from `start` on that stand in a JSON string for themselves: 0x20 to 0x7E
  /// without quote and backslash. Inlined: most strings are short, and the call
  /// was 7 % of the time for a line.
  @inline(__always)
  package func endOfPlainRun(from start: Int) -> Int {
    precondition(start >= 0 && start <= count, "byte \(start) of \(count)")
    // SAFETY: `count - start` bytes are there from `start` on, by the check above.
    return unsafe withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return start }
      return unsafe start + vigil_plain_run(base + start, buffer.count - start)
    }
  }

  /// One past the base64 digits (of both alphabets) from `start` on, and whether all of them are
  /// hexadecimal digits, `+` or `-`.
  package func base64Run(from start: Int) -> (end: Int, isHexadecimal: Bool) {
    precondition(start >= 0 && start <= count, "byte \(start) of \(count)")
    var traits: UInt32 = 0
    // SAFETY: `count - start` bytes are there from `start` on, by the check above.
    let length = unsafe withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe vigil_base64_run(base + start, buffer.count - start, &traits)
    }
    return (start + length, traits == 0)
  }

  /// Whether the other has the same bytes.
  package func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    // SAFETY: both pointers are valid for their closures, and both counts are `count`.
    return unsafe withUnsafeBufferPointer { left in
      unsafe other.withUnsafeBufferPointer { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return true }
        return unsafe vigil_bytes_equal(left, right, count) != 0
      }
    }
  }

  /// What the text is made of.
  package var traits: TextTraits {
    // SAFETY: the pointer is valid for the closure and for exactly `count` bytes.
    unsafe withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return [] }
      return unsafe TextTraits(rawValue: vigil_text_traits(base, buffer.count))
    }
  }

  /// A hash for tables that live as long as the process; who chooses the bytes can choose it.
  package var tableHash: UInt64 {
    // SAFETY: the pointer is valid for the closure and for exactly `count` bytes.
    unsafe withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe vigil_table_hash(base, buffer.count)
    }
  }
}

/// The union of the classes of a text's bytes.
package struct TextTraits: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// A byte other than `0-9`, `a-f`, `A-F` and `-`.
  package static let notHexadecimal = TextTraits(rawValue: 1)
  /// White space, a control character, or one of `" ' : = % \`.
  package static let special = TextTraits(rawValue: 2)
  /// `?` or `#`.
  package static let query = TextTraits(rawValue: 4)
}
