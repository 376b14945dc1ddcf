extension JobQuantities {
  /// The values that stood behind a judgement, as far as they are kept, oldest first.
  ///
  /// Those learnt before it was judged; none where all jobs stand in.
  func past(of job: String, _ judgement: Judgement) -> [QuantityBaseline.Sample] {
    guard !judgement.isJudgedByAll, let baseline = baselines[job] else { return [] }
    let later = max(0, baseline.count - judgement.count)
    return Array(baseline.samples.dropLast(later).suffix(QuantityBaseline.sampleCountMax))
  }
}
