/// The sums behind one finding: from what was observed to its p, each step with its operands.
///
/// Built only for a finding that is asked about, by the rule that reports it, from what the rule knew
/// at that moment. The value of every step is computed from the operands that the step shows; the
/// last one's is p.
package struct Working: Sendable, Equatable {
  /// A number that goes into a step.
  package struct Operand: Sendable, Equatable {
    package let name: String
    package let value: Double

    init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// One calculation.
  package struct Step: Sendable, Equatable {
    /// What it gives, in a few words.
    package let label: String
    /// Over the operands' names.
    package let formula: String
    package let operands: [Operand]
    package let value: Double
  }

  /// One bar; its length stands for its value.
  package struct Bar: Sendable, Equatable {
    package let label: String
    package let value: Double
    /// Where the observation falls.
    package let isObserved: Bool
  }

  /// The profile or the tail that the observation was held against.
  package struct Chart: Sendable, Equatable {
    package let title: String
    package let bars: [Bar]
  }

  /// What the observation was compared with, in the rule's words, one line each.
  package var history: [String] = []
  package var chart: Chart?
  package var steps: [Step] = []

  /// The value of the last step.
  package var pValue: Double { steps.last?.value ?? 1 }

  /// Appends a step and hands its value on.
  @discardableResult
  mutating func step(
    _ label: String, _ formula: String, _ operands: [Operand], _ compute: ([Double]) -> Double
  ) -> Double {
    let value = compute(operands.map(\.value))
    steps.append(Step(label: label, formula: formula, operands: operands, value: value))
    return value
  }
}

/// A finding with its sums.
package struct ExplainedFinding: Sendable, Equatable {
  package let finding: Finding
  package let working: Working
}
