import Correlate
import Ingest

/// Whether a saved baseline may be gone on from.
extension JournalDetection {
  /// Why there is nothing to go on from.
  struct Reason: Error { let text: String }

  /// The saved baseline, when it is of this journal as it is now.
  func saved() -> Result<SavedBaseline, Reason> {
    let store = BaselineStore(storage)
    guard let secret = store.secret() else {
      return .failure(Reason(text: "the journal's secret cannot be read"))
    }
    do {
      guard let bytes = try store.read(identity) else {
        return .failure(Reason(text: "there is none for this configuration"))
      }
      let info = blankPipeline.userInfo.merging(
        IdentifierFunction(settings.identify).userInfo
      ) { first, _ in first }
      let baseline = try SavedBaseline(bytes, secret: secret, identity: identity, userInfo: info)
      if let fault = try fault(of: baseline) { return .failure(Reason(text: fault)) }
      return .success(baseline)
    } catch let refusal as SavedBaseline.Refusal {
      return .failure(Reason(text: refusal.text))
    } catch {
      return .failure(Reason(text: "\(error)"))
    }
  }

  private func fault(of baseline: SavedBaseline) throws -> String? {
    guard baseline.learntTo <= reader.entryCount, baseline.resumeIndex <= baseline.learntTo,
      baseline.tree.size == baseline.learntTo
    else {
      return "it has learnt from \(baseline.learntTo) entries: expected "
        + "\(reader.entryCount) or fewer"
    }
    guard zones.agree(with: baseline.zones) else { return "the data of a time zone has changed" }
    guard baseline.learntTo > 0 else { return nil }
    var leaves = try StoredLeaves(storage)
    let leaf = try leaves.leaf(baseline.learntTo - 1)
    guard leaf == baseline.lastLeaf else {
      return "entry \(baseline.learntTo - 1) has leaf \(leaf.hex): expected "
        + "\(baseline.lastLeaf?.hex ?? "none")"
    }
    return try disagreement(with: baseline.tree)
  }

  /// A checkpoint of the journal at the size learnt from that has another root: an earlier entry was
  /// written anew. Where no checkpoint has just that size, the last leaf must do; the whole is
  /// `vigil verify`'s to derive.
  private func disagreement(with tree: MerkleTree) throws -> String? {
    var checkpoints = CheckpointSequence(try CheckpointBytes(storage), beyond: tree.size - 1)
    var hasher = MerkleHasher()
    let root = tree.root(&hasher)
    guard let known = try checkpoints.checkpoint(size: tree.size), known.root != root else {
      return nil
    }
    return
      "the journal's checkpoint of \(tree.size) has root \(known.root.hex): expected \(root.hex)"
  }
}
