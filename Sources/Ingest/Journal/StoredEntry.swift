/// The keys of an entry that recovery and the key index need, read back from its bytes.
///
/// One instance is meant to be used for many entries: its document keeps its capacity.
struct StoredEntry: ~Copyable {
  private var document = JSONDocument()

  /// What one entry says about its identity.
  struct Keys {
    let source: String
    let id: String
    let receivedAt: Timestamp?
    let content: ContentDigest
  }

  /// Nil when the bytes are no record: then they are a torn write, or damage.
  mutating func read(
    _ bytes: Span<UInt8>, _ secret: inout JournalSecret
  ) -> Keys? {
    do { try document.parse(bytes) } catch { return nil }
    let root = document.root
    guard document.kind(root) == .object,
      let source = document.member(root, "source").flatMap({ document.string($0) }),
      let id = document.member(root, "id").flatMap({ document.string($0) })
    else { return nil }
    let received = document.member(root, "received_at").flatMap { document.string($0) }
    let hmac = document.member(root, "original_hmac").flatMap { document.string($0) }
    let original = document.member(root, "original").map { document.textRange($0) }
    return Keys(
      source: source, id: id, receivedAt: received.flatMap { Timestamp(rfc3339: $0) },
      content: secret.contentDigest(entry: document.bytes, hmac: hmac, original: original))
  }
}
