/// Which job needs which: names in, order and faults out.
package struct JobGraph: Sendable, Equatable {
  /// Names of what each job needs, in the order stated.
  let needs: [String: [String]]

  package init(_ needs: [String: [String]]) { self.needs = needs }

  /// What is wrong with a graph.
  package enum Fault: Error, Hashable, Sendable {
    case unknown(job: String, need: String)
    /// From a job back to itself.
    case cycle([String])

    package var problem: String {
      switch self {
      case .unknown(let job, let need):
        "job \(job): needs \(SchedulerWords.quoted(need)), which is no job of this file"
      case .cycle(let names): "jobs need each other in a circle: \(names.joined(separator: " → "))"
      }
    }
  }

  /// Throws the first unknown name or circle, jobs taken in order of their names.
  package func check() throws(Fault) {
    var settled: Set<String> = []
    for name in needs.keys.sorted() {
      var path: [String] = []
      try visit(name, &path, &settled)
    }
  }

  /// Depth is bounded by the count of jobs: a longer path has a name twice.
  private func visit(
    _ name: String, _ path: inout [String], _ settled: inout Set<String>
  ) throws(Fault) {
    if settled.contains(name) { return }
    if let start = path.firstIndex(of: name) { throw .cycle(Array(path[start...]) + [name]) }
    path.append(name)
    for need in needs[name] ?? [] {
      guard needs[need] != nil else { throw .unknown(job: name, need: need) }
      try visit(need, &path, &settled)
    }
    path.removeLast()
    settled.insert(name)
  }

  /// All that a job needs, straight or through others, needed ones first; without itself.
  package func upstream(of name: String) -> [String] {
    var result: [String] = []
    var seen: Set<String> = [name]
    func visit(_ job: String) {
      for need in needs[job] ?? [] where seen.insert(need).inserted {
        visit(need)
        result.append(need)
      }
    }
    visit(name)
    return result
  }
}
