/// The ids of activities that settled last, to know a record that comes after the last word.
///
/// Bounded: the oldest is forgotten when a new one comes.
struct SettledNames: Sendable, Codable {
  /// Ids that are kept.
  static let countMax = 16_384

  private var ring: [String] = []
  private var next = 0
  /// How often each id is in the ring.
  private var counts: [String: Int] = [:]

  private enum CodingKeys: String, CodingKey { case ring, next }

  init() {}

  /// The counts follow from the ring.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    ring = try values.decode([String].self, forKey: .ring)
    next = try values.decode(Int.self, forKey: .next)
    for name in ring { counts[name, default: 0] += 1 }
  }

  func contains(_ name: String?) -> Bool { name.map { counts[$0] != nil } ?? false }

  mutating func insert(_ name: String?) {
    guard let name else { return }
    counts[name, default: 0] += 1
    if ring.count < SettledNames.countMax { return ring.append(name) }
    let forgotten = ring[next]
    let rest = (counts[forgotten] ?? 1) - 1
    counts[forgotten] = rest > 0 ? rest : nil
    ring[next] = name
    next = (next + 1) % SettledNames.countMax
  }
}
