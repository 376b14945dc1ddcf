/// Values by name, up to a number; further names are counted and not kept.
struct KeptTable<Value: Sendable>: Sendable {
  private let countMax: Int
  private(set) var values: [String: Value] = [:]
  /// Names that found no room.
  private(set) var droppedCount = 0

  init(countMax: Int) { self.countMax = countMax }

  subscript(name: String) -> Value? {
    get { values[name] }
    set {
      guard let newValue else {
        values[name] = nil
        return
      }
      guard values[name] != nil || values.count < countMax else {
        droppedCount += 1
        return
      }
      values[name] = newValue
    }
  }

  /// In the order of the names' bytes.
  var sorted: [Value] {
    values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
  }
}
