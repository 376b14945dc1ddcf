/// The digests by which a line is known again: keyed, so that a guess at a secret stays a guess.
struct LineIdentity: ~Copyable {
  private var hash = SHA256()
  private var code: HMACSHA256

  /// - Parameter secret: of the journal; 1 byte or more.
  init(secret: [UInt8]) { code = HMACSHA256(key: secret.span) }

  /// HMAC-SHA-256 of the line under the journal's secret.
  mutating func code(_ line: Span<UInt8>) -> Digest { code.code(line) }

  /// Fills in what the emitter's line alone can give: the fallback id and the keyed hash.
  ///
  /// An emitter without ids is known by its line. When the line was redacted, only the keyed hash
  /// may stand in the journal: the plain one would confirm guesses of what was taken out.
  mutating func complete(
    _ header: inout RecordHeader, line: Span<UInt8>, isVerbatim: Bool
  ) {
    guard isVerbatim else {
      let hex = code(line).hex
      header.originalHMAC = hex
      if header.id.isEmpty { header.id = hex }
      return
    }
    guard header.id.isEmpty else { return }
    hash.update(line)
    header.id = hash.finish().hex
  }
}
