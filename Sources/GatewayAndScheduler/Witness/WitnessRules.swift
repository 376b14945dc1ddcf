/// The answer to one `add-checkpoint` call.
package enum WitnessAnswer: Sendable, Equatable {
  /// 200, with the witness's signature lines.
  case cosigned(lines: String)
  /// 409: another size is the latest one cosigned.
  case conflict(latestSize: Int)
  case refused(WitnessRefusal)
}

/// Why a checkpoint is not cosigned, by the status that the specification gives each.
package enum WitnessRefusal: Hashable, Sendable, CaseIterable {
  /// 400.
  case malformedBody, oldSizeBeyondCheckpoint
  /// 403.
  case noTrustedSignature, badSignature
  /// 404.
  case unknownOrigin
  /// 422.
  case emptyTreeWithOtherRoot, proofFromEmptyTree, sameSizeWithOtherRoot, proofForSameSize
  case inconsistent
  /// 500: the record could not be read, written or signed; nothing was given away.
  case recordUnavailable
}

/// The rules of C2SP tlog-witness, without state: what may be cosigned after what.
package enum WitnessRules {
  /// SHA-256 of nothing: the root of the empty tree (RFC 6962 section 2.1).
  static let emptyRoot: [UInt8] = [
    0xE3, 0xB0, 0xC4, 0x42, 0x98, 0xFC, 0x1C, 0x14, 0x9A, 0xFB, 0xF4, 0xC8, 0x99, 0x6F, 0xB9, 0x24,
    0x27, 0xAE, 0x41, 0xE4, 0x64, 0x9B, 0x93, 0x4C, 0xA4, 0x95, 0x99, 0x1B, 0x78, 0x52, 0xB8, 0x55,
  ]

  /// What stands against a request before the record of its origin matters; nil when nothing does.
  package static func objection(
    to request: AddCheckpointRequest, trusting keys: [String],
    _ cryptography: some WitnessCryptography
  ) -> WitnessAnswer? {
    switch cryptography.verify(note: request.checkpoint.note, trusting: keys) {
    case .trusted: break
    case .unsigned: return .refused(.noTrustedSignature)
    case .badSignature: return .refused(.badSignature)
    case .malformed: return .refused(.malformedBody)
    }
    return request.oldSize <= request.checkpoint.tree.size
      ? nil : .refused(.oldSizeBeyondCheckpoint)
  }

  /// What stands against a request after `latest`, the tree last cosigned (nil: none yet).
  ///
  /// Must be asked, and its answer acted upon, while nothing else can change the record.
  package static func objection(
    to request: AddCheckpointRequest, after latest: TreeHead?,
    _ cryptography: some WitnessCryptography
  ) -> WitnessAnswer? {
    let latestSize = latest?.size ?? 0
    guard request.oldSize == latestSize else { return .conflict(latestSize: latestSize) }
    let tree = request.checkpoint.tree
    if tree.size == 0, tree.root != emptyRoot { return .refused(.emptyTreeWithOtherRoot) }
    guard let latest, latest.size > 0 else {
      return request.proof.isEmpty ? nil : .refused(.proofFromEmptyTree)
    }
    if tree.size == latest.size {
      guard tree.root == latest.root else { return .refused(.sameSizeWithOtherRoot) }
      return request.proof.isEmpty ? nil : .refused(.proofForSameSize)
    }
    return cryptography.isConsistent(request.proof, from: latest, to: tree)
      ? nil : .refused(.inconsistent)
  }
}
