package import Ingest

/// What was learnt from a journal's first entries, ready to be gone on from.
///
/// A function of those entries, the configuration and the zones alone: whether it was made in one run
/// or in many, its bytes are the same. The analysis stands at `frontier`, an hour of event time
/// before the newest event: what came since is read again the next time, so that what arrives up to
/// an hour late finds its place as if it had been there.
package struct SavedBaseline: Sendable {
  /// What it holds for: any difference, and it is made anew.
  package struct Identity: Sendable, Equatable, Codable {
    /// Version of the file's layout and of what the state means.
    package var format = SavedBaseline.format
    package var rulesVersion = RuleContext.rulesVersion
    /// Version of the program: its rules learn as they did then.
    package var program: String
    /// SHA-256, hex, of all settings of detection and correlation.
    package var configuration: String
    /// Origin of the journal.
    package var origin: String

    package init(program: String, configuration: String, origin: String) {
      self.program = program
      self.configuration = configuration
      self.origin = origin
    }
  }

  package static let format = 1
  /// Ids of findings that are remembered as said; of older ones it may be said again that they are.
  package static let saidCountMax = 16_384

  package var identity: Identity
  /// Digest of each zone's data by name, of the zones asked for so far.
  package var zones: [String: String] = [:]
  /// The first entry it has not learnt from: the number of entries read.
  package var learntTo = 0
  /// Event times from here on have not been applied; nil when nothing has.
  package var frontier: Timestamp?
  /// The first entry that is read again.
  package var resumeIndex = 0
  /// The journal's Merkle tree over the entries read.
  package var tree = MerkleTree()
  /// Leaf hash of the last entry read.
  package var lastLeaf: Digest?
  package var analysis: Analysis
  /// Ids of the findings before the frontier, in the order said, the newest `saidCountMax`.
  package var said: [String] = []
  /// Ids of the findings after it, said by the run that made this.
  package var saidSince: [String] = []

  package init(identity: Identity, analysis: Analysis) {
    self.identity = identity
    self.analysis = analysis
  }

  mutating func say(_ findings: [Finding]) {
    said += findings.map(\.findingID)
    if said.count > SavedBaseline.saidCountMax {
      said.removeFirst(said.count - SavedBaseline.saidCountMax)
    }
  }
}
