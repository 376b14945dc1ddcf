/// Where the keys of the outermost object are, found by length, first and last byte without a search.
///
/// A reader of a line asks for some thirty keys, half of which are absent. Keys fall into 64 kinds; a
/// kind that holds exactly one key names its node, and a kind that holds none answers for all its
/// names. What shares a kind is searched for in the list.
struct JSONRootKeys: Sendable {
  /// What is known of a name.
  enum Answer {
    case absent
    /// The only key that it can be.
    case candidate(Int32)
    case search
  }

  /// Bit k: some key is of kind k.
  private var seen: UInt64 = 0
  /// Bit k: more than one key is of kind k.
  private var shared: UInt64 = 0
  /// By kind; what is not `seen` is of an earlier text.
  private var nodes: [Int32]

  init() { nodes = [Int32](repeating: 0, count: 64) }

  private init(withoutMemory: Void) { nodes = [] }

  /// Lends the table out and keeps one without memory, so that the borrower is the only owner.
  mutating func lend() -> JSONRootKeys { exchange(&self, with: JSONRootKeys(withoutMemory: ())) }

  static func kind(byteCount: Int, first: UInt8, last: UInt8) -> Int {
    (Int(first) &* 7 &+ Int(last) &* 13 &+ byteCount &* 5) & 63
  }

  mutating func removeAll() {
    seen = 0
    shared = 0
  }

  /// Gives up: every name is searched for.
  mutating func giveUp() {
    seen = .max
    shared = .max
  }

  mutating func insert(_ node: Int32, kind: Int) {
    let bit: UInt64 = 1 << UInt64(kind)
    if seen & bit != 0 { shared |= bit }
    seen |= bit
    nodes[kind] = node
  }

  func answer(kind: Int) -> Answer {
    let bit: UInt64 = 1 << UInt64(kind)
    if seen & bit == 0 { return .absent }
    return shared & bit == 0 ? .candidate(nodes[kind]) : .search
  }
}
