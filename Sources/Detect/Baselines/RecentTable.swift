/// A dictionary that forgets its oldest keys: it keeps `countMax` to twice as many.
struct RecentTable<Value: Sendable>: Sendable {
  private var newer: [String: Value] = [:]
  private var older: [String: Value] = [:]
  private let countMax: Int

  init(countMax: Int) { self.countMax = countMax }

  /// A key that is set is among the newest; setting nil forgets it.
  subscript(key: String) -> Value? {
    get { newer[key] ?? older[key] }
    set {
      older[key] = nil
      newer[key] = newValue
      guard newer.count >= countMax else { return }
      older = newer
      newer = [:]
    }
  }
}

extension RecentTable: Codable where Value: Codable {}
