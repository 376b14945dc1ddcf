/// How often the runs of one principal went beyond their jobs' thresholds, against how often that was
/// foreseen.
///
/// Some people change what they feed to a job all the time: that a run of theirs outlasts the job's
/// past says less. The record multiplies what is foreseen for their next run.
package struct PrincipalRecord: Sendable, Equatable, Codable {
  /// Exceedances, as foreseen as met, that every principal starts with.
  static let prior = 3.0
  /// What one run of full weight takes from what came before it: half after 1,400 runs.
  static let fade = 0.0005

  private(set) var foreseen = 0.0
  private(set) var exceedances = 0.0

  package init() {}

  /// Learns one run that was judged.
  ///
  /// - Parameters:
  ///   - share: exceedance that was foreseen for the run, whoever started it.
  ///   - weight: of the run, at most 1.
  package mutating func learn(foreseen share: Double, isBeyond: Bool, weight: Double) {
    let stay = 1 - PrincipalRecord.fade * weight
    foreseen = foreseen * stay + weight * share
    exceedances = exceedances * stay + (isBeyond ? weight : 0)
  }

  /// Times as often as foreseen, shrunk to 1, which it is for a principal without a past.
  package var ratio: Double {
    (exceedances + PrincipalRecord.prior) / (foreseen + PrincipalRecord.prior)
  }
}
