extension JobQuantities {
  /// The values that stood behind a judgement, as far as they are kept, oldest first.
  ///
  /// Of a job: those learnt before it was judged. Of all jobs, which stand in for a job without a
  /// past: those known by now.
  func past(of job: String, _ judgement: Judgement) -> [QuantityBaseline.Sample] {
    guard !judgement.isJudgedByAll else {
      return Array(everyone.samples.suffix(QuantityBaseline.sampleCountMax))
    }
    guard let baseline = baselines[job] else { return [] }
    let later = max(0, baseline.count - judgement.count)
    return Array(baseline.samples.dropLast(later).suffix(QuantityBaseline.sampleCountMax))
  }
}
