/// The keys of the known emitters, found by their bytes and where they stand; what redaction says
/// about each is worked out once, when the table is made.
struct LineKeyTable: Sendable {
  /// What is known of a key.
  struct Key: Sendable {
    /// The place that its value fills; nil for a key without meaning for a record.
    var place: LinePlace?
    /// Tells the keys of one context apart: below `keyCountMax`.
    var number: UInt8
    /// Under what rules its value stands.
    var scope: LineScope
    /// Where the keys stand of an object under this key; nil when none is taken there.
    var inner: LineContext?
  }

  /// Keys of one context: each has a bit of 128.
  static let keyCountMax = 128
  private static let slotCount = 1024

  private struct Slot {
    var hash: UInt64 = 0
    /// Number of the key; -1 for an empty slot.
    var key: Int32 = -1
    var context = LineContext.other
  }

  private var slots = [Slot](repeating: Slot(), count: LineKeyTable.slotCount)
  /// Each name with the quote and the colon that follow it.
  private var names: [UInt8] = []
  private var ends: [Int32] = []
  private var keys: [Key] = []

  init(_ classifier: inout KeyClassifier) {
    for (context, names) in LineKeyNames.all {
      precondition(names.count <= LineKeyTable.keyCountMax, "\(names.count) keys of one context")
      for (number, name) in names.enumerated() {
        insert(name, UInt8(number), context, &classifier)
      }
    }
  }

  /// Keys listed, of all contexts.
  var count: Int { keys.count }

  private mutating func insert(
    _ name: LineKeyNames.Name, _ number: UInt8, _ context: LineContext,
    _ classifier: inout KeyClassifier
  ) {
    let bytes = Array(name.text.utf8)
    let traits = classifier.traits(of: bytes.span, remembering: true)
    var key = Key(traits, isHeader: context.isHeaders)
    key.place = name.place
    key.number = number
    if let inner = key.inner, inner.isHeaders == name.inner.isHeaders || inner == .otherHeaders {
      key.inner = inner == .otherHeaders && !name.inner.isHeaders ? inner : name.inner
    }
    let hash = bytes.span.tableHash
    var slot = LineKeyTable.firstSlot(hash, context)
    while slots[slot].key >= 0 { slot = (slot + 1) & (LineKeyTable.slotCount - 1) }
    slots[slot] = Slot(hash: hash, key: Int32(keys.count), context: context)
    names += bytes + Array("\":".utf8)
    ends.append(Int32(names.count))
    keys.append(key)
  }

  subscript(index: Int) -> Key { keys[index] }

  /// `name":` of a key.
  @_lifetime(borrow self)
  func literal(_ index: Int) -> Span<UInt8> {
    names.span.extracting((index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index]))
  }

  /// Nil for a name that is not listed in this context.
  func index(of name: Span<UInt8>, in context: LineContext) -> Int? {
    let hash = name.tableHash
    var slot = LineKeyTable.firstSlot(hash, context)
    // Ends: fewer than half of the slots are filled.
    while slots[slot].key >= 0 {
      let entry = slots[slot]
      if entry.hash == hash, entry.context == context {
        let known = literal(Int(entry.key))
        if known.count == name.count + 2, known.extracting(first: name.count).equals(name) {
          return Int(entry.key)
        }
      }
      slot = (slot + 1) & (LineKeyTable.slotCount - 1)
    }
    return nil
  }

  private static func firstSlot(_ hash: UInt64, _ context: LineContext) -> Int {
    Int(truncatingIfNeeded: hash &+ UInt64(context.rawValue) &* 0x9E37_79B9) & (slotCount - 1)
  }
}

extension LineKeyTable.Key {
  /// A key that is not listed: the scope that it gives its value, as `LineRedactor.classify` has it.
  init(_ traits: KeyClassifier.Traits, isHeader: Bool) {
    place = nil
    number = 0
    scope = isHeader ? .isHeader : []
    inner = nil
    if traits.contains(isHeader ? .keptHeader : .plain) {
      if isHeader, traits.contains(.url) { scope.insert(.isURL) }
      if !isHeader { inner = .other }
    } else if traits.contains(.holdsSecret) {
      scope.insert(.isUnclear)
    } else if isHeader {
      scope.insert(.isSecret)
    } else {
      if traits.contains(.secret) {
        scope.insert(.isSecret)
      } else if traits.contains(.url) {
        scope.insert(.isURL)
      }
      // In the others the rules nest in ways best left to `LineRedactor`.
      if traits.contains(.headerObject) {
        inner = .otherHeaders
      } else if scope.isEmpty {
        inner = .other
      }
    }
  }
}

/// Under what rules of redaction a value stands.
struct LineScope: OptionSet, Sendable {
  let rawValue: UInt8

  static let isSecret = LineScope(rawValue: 1)
  static let isURL = LineScope(rawValue: 2)
  /// The value of a header.
  static let isHeader = LineScope(rawValue: 4)
  /// The key itself is to be replaced.
  static let isUnclear = LineScope(rawValue: 8)
}
