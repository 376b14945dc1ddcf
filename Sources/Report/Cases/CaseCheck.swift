package import Ingest

/// What a case file proves by itself, and what it does not.
package struct CaseCheck: Sendable {
  /// Why it is refused, each a sentence with what was found and expected; empty when it holds.
  package private(set) var refusals: [String] = []
  /// The steps in their order.
  package private(set) var events: [CaseEvent] = []
  /// Entries picked, by journal and index, whose bytes were proved.
  package private(set) var provedCount = 0
  /// Keys that were taken from the file, for the reader to compare: origin and vkey.
  package private(set) var keysFromFile: [VerifierKey] = []
  package private(set) var checkpoint: Checkpoint?

  package var holds: Bool { refusals.isEmpty }

  /// When the file was made, as its last step says: nothing up to then is left out, and of what was done
  /// later it knows nothing.
  package var exportedAt: Timestamp? {
    events.last.flatMap { $0.kind == .exported ? $0.at : nil }
  }

  private let trusted: [VerifierKey]
  /// Refusals that are listed; more are not looked for.
  private static let refusalCountMax = 100

  /// Checks a file without any journal.
  ///
  /// - Parameter trusted: keys that the reader knows; without any, those in the file are used and listed
  ///   in `keysFromFile`. With some, every key must be one of them.
  package init(_ file: CaseFile, trusting trusted: [VerifierKey] = []) {
    self.trusted = trusted
    checkJournal(file)
    checkChain(file)
    checkEvidence(file)
  }

  private mutating func refuse(_ text: String) {
    if refusals.count < CaseCheck.refusalCountMax { refusals.append(text) }
  }

  /// The key that must have signed for an origin; nil, and a refusal, where there is none.
  private mutating func key(_ text: String, of origin: String) -> VerifierKey? {
    let key: VerifierKey
    do { key = try VerifierKey(text) } catch {
      refuse("vkey of \(origin): \(error)")
      return nil
    }
    guard key.name.utf8.elementsEqual(origin.utf8) else {
      refuse("vkey of \(origin): found one of \(key.name)")
      return nil
    }
    if trusted.isEmpty {
      if !keysFromFile.contains(key) { keysFromFile.append(key) }
      return key
    }
    guard trusted.contains(key) else {
      refuse("vkey of \(origin): found \(text), expected one of the keys that were given")
      return nil
    }
    return key
  }

  /// The entries are just those that the case's checkpoint was signed over.
  private mutating func checkJournal(_ file: CaseFile) {
    let signed: SignedCheckpoint
    do { signed = try SignedCheckpoint(file.checkpoint) } catch {
      return refuse("the case's \(error)")
    }
    checkpoint = signed.checkpoint
    if let key = key(file.vkey, of: file.origin) {
      do { try signed.verify(by: key) } catch { refuse("the case's \(error)") }
    }
    var hasher = MerkleHasher()
    var tree = MerkleTree()
    for entry in file.entries { tree.append(hasher.leaf(entry.span), &hasher) }
    guard tree.size == signed.checkpoint.size else {
      return refuse("\(tree.size) entries: expected \(signed.checkpoint.size), as the checkpoint")
    }
    let root = tree.root(&hasher)
    if root != signed.checkpoint.root {
      refuse("root \(root.hex) from the entries: expected \(signed.checkpoint.root.hex)")
    }
  }

  /// Every entry is a record, times never run back, and the case was opened once, first.
  private mutating func checkChain(_ file: CaseFile) {
    var document = JSONDocument()
    var received = Timestamp.earliest
    for (index, entry) in file.entries.enumerated() {
      let record: Record
      do {
        try document.parse(entry.span)
        record = try Record(document)
      } catch {
        refuse("entry \(index): expected a record")
        continue
      }
      let at = record.header.receivedAt ?? .earliest
      if at < received {
        refuse("entry \(index): received at \(at.rfc3339), after \(received.rfc3339)")
      }
      received = max(received, at)
      if let event = CaseEvent(record) {
        events.append(event)
      } else if record.header.source.utf8.elementsEqual(CaseEvent.source.utf8) {
        refuse("entry \(index): expected a step of a case")
      }
    }
    let openings = events.indices.filter { events[$0].kind == .opened }
    if openings != [0] {
      refuse("opened \(openings.count) times: expected once, as the first step")
    }
    // A shorter file under an older checkpoint is whole too; where it ends, it must say so.
    if let last = events.last, last.kind != .exported {
      refuse("the last step: found \(last.kind.rawValue), expected the export that made the file")
    }
  }

  /// Every picked entry has its proof, and every proof its entry.
  private mutating func checkEvidence(_ file: CaseFile) {
    var proofs: [String: [UInt8]] = [:]
    for proof in file.proofs { proofs[SHA256.digest(proof.span).hex] = proof }
    var used: Set<String> = []
    for event in events {
      guard let entry = event.entry, let journal = event.journal, let vkey = event.vkey else {
        continue
      }
      let name = "entry \(entry.index) of \(journal)"
      guard let proof = proofs[entry.proofSHA256] else {
        refuse("\(name): expected a proof with SHA-256 \(entry.proofSHA256), found none")
        continue
      }
      used.insert(entry.proofSHA256)
      guard let key = key(vkey, of: journal) else { continue }
      if let refusal = CaseCheck.refusal(proof, entry, key) {
        refuse("\(name): \(refusal)")
      } else {
        provedCount += 1
      }
    }
    for name in proofs.keys.sorted() where !used.contains(name) {
      refuse("a proof with SHA-256 \(name): expected a step that picked it")
    }
    if proofs.count < file.proofs.count { refuse("a proof is there twice") }
  }

  private static func refusal(
    _ bytes: [UInt8], _ entry: CaseEvent.EntryFact, _ key: VerifierKey
  ) -> String? {
    do {
      let proof = try InclusionProof(bytes)
      guard case .entry(let line)? = proof.extra.flatMap({ ProofExtra($0) }) else {
        return "expected the entry in its proof"
      }
      let leaf = ProofExtra.entry(line).leaf
      guard leaf.hex == entry.leaf else {
        return "leaf hash: found \(leaf.hex), expected \(entry.leaf)"
      }
      guard proof.index == entry.index else {
        return "index: found \(proof.index), expected \(entry.index)"
      }
      let size = proof.checkpoint.checkpoint.size
      guard size == entry.checkpointSize else {
        return "checkpoint of its proof: found \(size) entries, expected \(entry.checkpointSize)"
      }
      try proof.verify(leaf: leaf, by: key)
      return nil
    } catch { return "\(error)" }
  }
}
