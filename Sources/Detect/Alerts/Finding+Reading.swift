import Ingest

extension Finding {
  /// Reads what `encoded()` wrote; nil for anything that lacks a key which every finding has.
  ///
  /// Facts of other shapes than a finding's are left out. Encoding what was read gives the same bytes.
  package init?(json bytes: [UInt8]) {
    var document = JSONDocument()
    do { try document.parse(bytes.span) } catch { return nil }
    guard let reader = FindingReader(document), let findingID = reader.text("finding_id"),
      let rule = reader.text("rule"), let ts = reader.text("ts"),
      let timestamp = Timestamp(rfc3339: ts),
      let severity = reader.text("severity").flatMap(Severity.init(rawValue:)),
      let pValue = reader.number("p_value"), pValue > 0, pValue <= 1
    else { return nil }
    self.init(
      findingID: findingID, rule: rule, timestamp: timestamp, severity: severity, pValue: pValue,
      principal: reader.text("principal"), job: reader.text("job"),
      requestID: reader.text("request_id"), runID: reader.text("run_id"),
      activityID: reader.text("activity_id"), episodeID: reader.text("episode_id"),
      observed: reader.facts("observed"), expected: reader.facts("expected"),
      history: reader.history, explanation: reader.text("explanation") ?? "",
      evidence: reader.evidence, score: reader.number("score") ?? Finding.score(pValue))
  }
}

/// The keys of a finding's object.
private struct FindingReader {
  private let document: JSONDocument
  private let root: JSONDocument.Reference

  init?(_ document: JSONDocument) {
    guard document.kind(document.root) == .object else { return nil }
    self.document = document
    root = document.root
  }

  func text(_ key: StaticString) -> String? {
    document.member(root, key).flatMap { document.string($0) }
  }

  func number(_ key: StaticString) -> Double? {
    document.member(root, key).flatMap { document.double($0) }
  }

  func facts(_ key: StaticString) -> [Finding.Fact] {
    guard let object = document.member(root, key), document.kind(object) == .object else {
      return []
    }
    var facts: [Finding.Fact] = []
    document.forEachMember(object) { key, value in
      guard let name = document.string(key) else { return }
      if let number = document.double(value) {
        facts.append(.init(name, number))
      } else if let text = document.string(value) {
        facts.append(.init(name, text))
      } else if document.kind(value) == .array {
        facts.append(.init(name, numbers(value)))
      }
    }
    return facts
  }

  private func numbers(_ array: JSONDocument.Reference) -> [Double] {
    var numbers: [Double] = []
    document.forEachElement(array) { element in
      if let number = document.double(element) { numbers.append(number) }
    }
    return numbers
  }

  var history: Finding.History {
    guard let object = document.member(root, "history"), document.kind(object) == .object else {
      return .init(events: 0, days: 0)
    }
    func count(_ key: StaticString) -> Int {
      document.member(object, key).flatMap { document.integer($0) }.flatMap { Int(exactly: $0) }
        ?? 0
    }
    return .init(events: count("events"), days: count("days"))
  }

  var evidence: [Int] {
    guard let array = document.member(root, "evidence"), document.kind(array) == .array else {
      return []
    }
    var indexes: [Int] = []
    document.forEachElement(array) { element in
      if let index = document.integer(element).flatMap({ Int(exactly: $0) }) {
        indexes.append(index)
      }
    }
    return indexes
  }
}
