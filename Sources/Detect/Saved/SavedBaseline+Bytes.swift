import Ingest

/// The file of a baseline: a line of JSON about it, the state, and a code over both.
///
/// | bytes | what |
/// |---|---|
/// | to the first newline | header: one JSON object (below) and a newline |
/// | to 32 before the end | the state: one Zstandard frame of `StateEncoder` bytes |
/// | last 32 | HMAC-SHA-256 of all before, under HMAC-SHA-256(journal's secret, "vigil baseline") |
///
/// The code is keyed, so that a state whose numbers nobody checks one by one can only come from
/// somebody who may write the journal.
extension SavedBaseline {
  /// Longest state that is read, uncompressed.
  package static let stateByteCountMax = 1 << 30
  private static let headerByteCountMax = 1 << 20

  /// Why a file is no baseline to go on from.
  package enum Refusal: Error, Sendable, Equatable {
    /// Not as it was written: the code does not fit.
    case damaged
    /// Bytes under a code that fits but that say nothing.
    case unreadable(String)
    /// Made for something else: which, as found and as expected.
    case stale(what: String, found: String, expected: String)
  }

  private struct State: Codable {
    let zones: [String: String]
    let tree: MerkleTree
    let analysis: Analysis
    let said: [String]
    let saidSince: [String]
  }

  /// The file's bytes.
  package func bytes(secret: [UInt8]) throws -> [UInt8] {
    let state = try StateEncoder.bytes(
      State(zones: zones, tree: tree, analysis: analysis, said: said, saidSince: saidSince))
    var bytes = header(stateByteCount: state.count) + [0x0A]
    bytes += StateFrame.compressed(state)
    SavedBaseline.code(of: bytes, secret).append(to: &bytes)
    return bytes
  }

  private func header(stateByteCount: Int) -> [UInt8] {
    var hasher = MerkleHasher()
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("vigil_baseline", identity.format)
    writer.field("rules_version", identity.rulesVersion)
    writer.field("program", identity.program)
    writer.field("configuration_sha256", identity.configuration)
    writer.field("zones_sha256", CanonicalText.digest(of: zones))
    writer.field("origin", identity.origin)
    writer.field("learnt_to", learntTo)
    writer.field("frontier", frontier)
    writer.field("resume_index", resumeIndex)
    writer.field("root", tree.root(&hasher).hex)
    writer.field("last_leaf", lastLeaf?.hex)
    writer.field("state_bytes", stateByteCount)
    writer.endObject()
    return writer.bytes
  }

  private static func code(of bytes: [UInt8], _ secret: [UInt8]) -> Digest {
    var key = HMACSHA256(key: secret.span)
    let derived = key.code(Array("vigil baseline".utf8).span).bytes
    var code = HMACSHA256(key: derived.span)
    return code.code(bytes.span)
  }

  /// Reads a file. Memory: twenty times its state at the most, which a code under the secret limits.
  package init(
    _ bytes: [UInt8], secret: [UInt8], identity: Identity, userInfo: [CodingUserInfoKey: Any]
  ) throws(Refusal) {
    let body = bytes.dropLast(Digest.byteCount)
    guard let code = Digest(Array(bytes.suffix(Digest.byteCount)).span),
      SavedBaseline.code(of: Array(body), secret) == code,
      let newline = body.prefix(SavedBaseline.headerByteCountMax).firstIndex(of: 0x0A)
    else { throw .damaged }
    let header = try Header(Array(body[..<newline]))
    try header.check(identity)
    let frame = Array(body[(newline + 1)...])
    guard header.stateByteCount <= SavedBaseline.stateByteCountMax,
      let state = StateFrame.decompressed(frame.span, byteCount: header.stateByteCount)
    else { throw .unreadable("its state does not decompress") }
    let read: State
    do {
      read = try StateDecoder.value(State.self, from: state, userInfo: userInfo)
    } catch { throw .unreadable("its state is of another shape") }
    self.init(identity: identity, analysis: read.analysis)
    zones = read.zones
    learntTo = header.learntTo
    frontier = header.frontier
    resumeIndex = header.resumeIndex
    tree = read.tree
    lastLeaf = header.lastLeaf
    said = read.said
    saidSince = read.saidSince
  }

  private struct Header {
    private let identity: Identity
    let learntTo: Int
    let frontier: Timestamp?
    let resumeIndex: Int
    let lastLeaf: Digest?
    let stateByteCount: Int

    init(_ bytes: [UInt8]) throws(Refusal) {
      var document = JSONDocument()
      do { try document.parse(bytes.span) } catch { throw .unreadable("its header is no JSON") }
      let read = document
      func text(_ key: StaticString) -> String? {
        read.member(read.root, key).flatMap { read.string($0) }
      }
      func count(_ key: StaticString) -> Int? {
        read.member(read.root, key).flatMap { read.integer($0) }.flatMap { Int(exactly: $0) }
          .flatMap { $0 >= 0 ? $0 : nil }
      }
      guard let format = count("vigil_baseline"), let rules = count("rules_version"),
        let program = text("program"), let configuration = text("configuration_sha256"),
        let origin = text("origin"), let learntTo = count("learnt_to"),
        let resumeIndex = count("resume_index"), let stateByteCount = count("state_bytes")
      else { throw .unreadable("its header lacks a key") }
      var identity = Identity(program: program, configuration: configuration, origin: origin)
      identity.format = format
      identity.rulesVersion = rules
      self.identity = identity
      self.learntTo = learntTo
      self.resumeIndex = resumeIndex
      self.stateByteCount = stateByteCount
      frontier = text("frontier").flatMap { Timestamp(rfc3339: $0) }
      lastLeaf = text("last_leaf").flatMap { Digest(hex: $0) }
    }

    func check(_ expected: Identity) throws(Refusal) {
      let pairs = [
        ("format", "\(identity.format)", "\(expected.format)"),
        ("version of the rules", "\(identity.rulesVersion)", "\(expected.rulesVersion)"),
        ("program", identity.program, expected.program),
        ("configuration", identity.configuration, expected.configuration),
        ("journal", identity.origin, expected.origin),
      ]
      for (what, found, wanted) in pairs where found != wanted {
        throw .stale(what: what, found: found, expected: wanted)
      }
    }
  }
}
