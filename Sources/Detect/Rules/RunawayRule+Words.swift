/// The parts of a runaway's sentence.
extension RunawayRule {
  /// What is said of a silence that the run shares with all others.
  static func cause(_ silence: Standstill.Silence) -> String {
    "; none of the \(Legible.count(silence.runCount, "run")) that report progress has done so for "
      + "\(Legible.duration(silence.seconds)), usual are "
      + "\(Legible.duration(silence.usualSeconds)): the scheduler stands still, not this job"
  }

  /// What is said of the past that the run is judged by.
  static func past(_ judgement: JobQuantities.Judgement) -> String {
    guard let past = judgement.past else {
      return "the job has no past, so all jobs' runs judge it"
    }
    let share = Legible.number(past.tail.exceedance * 100)
    return "of its \(Legible.count(judgement.count, "run")) on "
      + "\(Legible.count(judgement.days, "day")) before, about \(share) in 100 lasted over "
      + Legible.duration(past.tail.threshold)
  }
}
