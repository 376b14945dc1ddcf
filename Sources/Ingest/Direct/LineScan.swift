/// One pass over a line of a known emitter: validates it, finds what a record is made from, and has
/// every value judged by the rules of redaction. Nothing is copied, and no node is listed.
///
/// It takes less than `JSONDocument` takes, and says no to the rest, which is then read the long way:
/// white space other than a space after a colon or comma, exponents, keys with escapes, deep nesting,
/// a value under whose key or beside which an unusual rule of redaction applies. What it takes, it
/// reads as `JSONDocument`, `LineRedactor` and `LineFields` do; the tests hold them against each other.
///
/// Cost: one look at each byte, one look-up a key. Memory: of fixed size, but for the keys that are
/// not listed of the objects that are open.
struct LineScan: Sendable {
  /// Deepest nesting taken.
  private static let depthMax = 8
  /// Keys of one object taken that are not listed: each is compared with the others.
  private static let unlistedKeyCountMax = 24

  private let keys: LineKeyTable
  private var offset = 0
  private var checksValues = true
  /// What was found.
  private(set) var found = LineSlots()
  private var unlisted: [Range<Int>] = []
  /// What redaction puts in the place of which bytes, ascending.
  private(set) var replacements: [(range: Range<Int>, bytes: [UInt8])] = []
  /// By key, and behind the keys by context: the key that came next the last time.
  private var successors: [Int16]
  private var values: ValueMemory

  init(_ keys: LineKeyTable) {
    self.keys = keys
    successors = [Int16](repeating: -1, count: keys.count + LineContext.count)
    values = ValueMemory(count: keys.count)
  }

  /// Reads a line; false when it is to be read the long way.
  ///
  /// - Parameter checksValues: false for a line that was redacted already.
  mutating func read(
    _ text: Span<UInt8>, _ redactor: inout LineRedactor, checksValues: Bool
  ) -> Bool {
    self.checksValues = checksValues
    offset = 0
    found.removeAll()
    unlisted.removeAll(keepingCapacity: true)
    replacements.removeAll(keepingCapacity: true)
    guard peek(text) == UInt8(ascii: "{") else { return false }
    return object(text, .root, 0, &redactor) && offset == text.count
  }

  /// The byte at hand; 0, which no line holds, at the end.
  @inline(__always)
  private func peek(_ text: Span<UInt8>) -> UInt8 { offset < text.count ? text[offset] : 0 }

  @inline(__always)
  private mutating func skipSpace(_ text: Span<UInt8>) {
    if peek(text) == 0x20 { offset += 1 }
  }

  // MARK: Objects

  private mutating func object(
    _ text: Span<UInt8>, _ context: LineContext, _ depth: Int, _ redactor: inout LineRedactor
  ) -> Bool {
    guard depth < LineScan.depthMax else { return false }
    offset += 1
    if peek(text) == UInt8(ascii: "}") {
      offset += 1
      return true
    }
    var seen: UInt128 = 0
    var last = keys.count + Int(context.rawValue)
    let firstUnlisted = unlisted.count
    while true {
      if depth == 0 { found.countRootKey() }
      guard let index = key(text, context, &last, &seen, firstUnlisted, &redactor),
        value(text, index, depth, &redactor)
      else { return false }
      let byte = peek(text)
      offset += 1
      if byte == UInt8(ascii: "}") { break }
      guard byte == UInt8(ascii: ",") else { return false }
      skipSpace(text)
    }
    if unlisted.count > firstUnlisted { unlisted.removeLast(unlisted.count - firstUnlisted) }
    return true
  }

  /// A key of an object: listed, or what is made of one that is not.
  private enum FoundKey {
    case listed(Int)
    case other(LineKeyTable.Key)
  }

  /// Reads a key and its colon. Emitters write the same keys in the same order: the key that followed
  /// the one before is tried first.
  private mutating func key(
    _ text: Span<UInt8>, _ context: LineContext, _ last: inout Int, _ seen: inout UInt128,
    _ firstUnlisted: Int, _ redactor: inout LineRedactor
  ) -> FoundKey? {
    guard peek(text) == UInt8(ascii: "\"") else { return nil }
    let start = offset + 1
    let guess = Int(successors[last])
    if guess >= 0, text.holds(keys.literal(guess), at: start) {
      offset = start + keys.literal(guess).count
    } else {
      let end = text.endOfPlainRun(from: start)
      guard end + 1 < text.count, text[end] == UInt8(ascii: "\""),
        text[end + 1] == UInt8(ascii: ":")
      else { return nil }
      offset = end + 2
      guard let index = keys.index(of: text.extracting(start..<end), in: context) else {
        skipSpace(text)
        guard notes(start..<end, text, context, firstUnlisted) else { return nil }
        let traits = redactor.traits(of: text.extracting(start..<end))
        return .other(LineKeyTable.Key(traits, isHeader: context.isHeaders))
      }
      successors[last] = Int16(index)
    }
    skipSpace(text)
    let index = Int(successors[last])
    last = index
    let bit: UInt128 = 1 << UInt128(keys[index].number)
    guard seen & bit == 0 else { return nil }
    seen |= bit
    return .listed(index)
  }

  /// Notes a key that is not listed; false for one that is there already, or that may mean something.
  private mutating func notes(
    _ range: Range<Int>, _ text: Span<UInt8>, _ context: LineContext, _ firstUnlisted: Int
  ) -> Bool {
    let name = text.extracting(range)
    // The value of a pair whose name decides; a header in another case than usual.
    if name.count == 5, name.hasBytes("value", at: 0, ignoringCase: true) { return false }
    if context.isHeaders, name.isHeaderOfRecords { return false }
    guard unlisted.count - firstUnlisted < LineScan.unlistedKeyCountMax else { return false }
    for index in firstUnlisted..<unlisted.count
    where unlisted[index].count == name.count && text.extracting(unlisted[index]).equals(name) {
      return false
    }
    unlisted.append(range)
    return true
  }

  private mutating func value(
    _ text: Span<UInt8>, _ found: FoundKey, _ depth: Int, _ redactor: inout LineRedactor
  ) -> Bool {
    let (key, memory) =
      switch found {
      case .listed(let index): (keys[index], index)
      case .other(let key): (key, -1)
      }
    if key.scope.contains(.isUnclear) { return false }
    let first = peek(text)
    switch first {
    case UInt8(ascii: "["): return array(text, key, memory, depth + 1, &redactor)
    case UInt8(ascii: "{"):
      let start = offset
      guard let inner = key.inner, object(text, inner, depth + 1, &redactor) else { return false }
      if let place = key.place { self.found.fill(place, LineSlot(.object, start, offset)) }
      return true
    default:
      guard let slot = scalar(text, first, key.scope, memory, &redactor) else { return false }
      // Of a header only the elements of an array are its values.
      if let place = key.place, !key.scope.contains(.isHeader) { self.found.fill(place, slot) }
      return true
    }
  }

  // MARK: Arrays

  private mutating func array(
    _ text: Span<UInt8>, _ key: LineKeyTable.Key, _ memory: Int, _ depth: Int,
    _ redactor: inout LineRedactor
  ) -> Bool {
    guard depth < LineScan.depthMax else { return false }
    let start = offset
    var isPlain = true
    offset += 1
    if peek(text) == UInt8(ascii: "]") {
      offset += 1
    } else {
      while true {
        guard element(text, key, memory, depth, &isPlain, &redactor) else { return false }
        let byte = peek(text)
        offset += 1
        if byte == UInt8(ascii: "]") { break }
        guard byte == UInt8(ascii: ",") else { return false }
        if peek(text) == 0x20 {
          offset += 1
          isPlain = false
        }
      }
    }
    if let place = key.place, !key.scope.contains(.isHeader) {
      found.fill(place, LineSlot(isPlain ? .texts : .array, start, offset))
    }
    return true
  }

  private mutating func element(
    _ text: Span<UInt8>, _ key: LineKeyTable.Key, _ memory: Int, _ depth: Int,
    _ isPlain: inout Bool, _ redactor: inout LineRedactor
  ) -> Bool {
    let first = peek(text)
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      isPlain = false
      guard key.scope.isEmpty else { return false }
      if first == UInt8(ascii: "{") { return object(text, .other, depth + 1, &redactor) }
      let inner = LineKeyTable.Key(place: nil, number: 0, scope: [], inner: .other)
      return array(text, inner, -1, depth + 1, &redactor)
    }
    guard let slot = scalar(text, first, key.scope, memory, &redactor) else { return false }
    if slot.form != .text { isPlain = false }
    // A header's value is the first that says something.
    if key.scope.contains(.isHeader), let place = key.place, !found.places.contains(place),
      slot.isMeaningful(in: text)
    {
      found.fill(place, slot)
    }
    return true
  }

  // MARK: Strings, numbers, literals

  private mutating func scalar(
    _ text: Span<UInt8>, _ first: UInt8, _ scope: LineScope, _ memory: Int,
    _ redactor: inout LineRedactor
  ) -> LineSlot? {
    switch first {
    case UInt8(ascii: "\""): return string(text, scope, memory, &redactor)
    case UInt8(ascii: "t"): return literal(text, "true", .true)
    case UInt8(ascii: "f"): return literal(text, "false", .false)
    case UInt8(ascii: "n"): return literal(text, "null", .null)
    default: return scope.contains(.isSecret) ? nil : number(text)
    }
  }

  private mutating func literal(
    _ text: Span<UInt8>, _ word: StaticString, _ form: LineSlot.Form
  ) -> LineSlot? {
    guard text.hasBytes(word, at: offset) else { return nil }
    let start = offset
    offset += word.utf8CodeUnitCount
    return LineSlot(form, start, offset)
  }

  /// `-? int frac?` of RFC 8259 section 6, of at most 64 bytes, and so finite.
  private mutating func number(_ text: Span<UInt8>) -> LineSlot? {
    let start = offset
    if peek(text) == UInt8(ascii: "-") { offset += 1 }
    let whole = offset
    while peek(text) &- UInt8(ascii: "0") < 10 { offset += 1 }
    guard offset > whole else { return nil }
    if offset - whole > 1, text[whole] == UInt8(ascii: "0") { return nil }
    if peek(text) == UInt8(ascii: ".") {
      offset += 1
      let fraction = offset
      while peek(text) &- UInt8(ascii: "0") < 10 { offset += 1 }
      guard offset > fraction else { return nil }
    }
    guard offset - start <= 64, peek(text) | 0x20 != UInt8(ascii: "e") else { return nil }
    return LineSlot(.number, start, offset)
  }

  private mutating func string(
    _ text: Span<UInt8>, _ scope: LineScope, _ memory: Int, _ redactor: inout LineRedactor
  ) -> LineSlot? {
    let start = offset + 1
    if memory >= 0, let slot = values.repeated(memory, text, at: start) {
      offset = slot.range.upperBound + 1
      return slot
    }
    var end = text.endOfPlainRun(from: start)
    var traits: LineString = []
    if end == text.count || text[end] != UInt8(ascii: "\"") {
      guard let found = LineString.end(text, from: end, &traits) else { return nil }
      end = found
    }
    offset = end + 1
    let slot = LineSlot(traits.isEmpty ? .text : .codedText, start, end)
    guard checksValues else { return slot }
    switch judge(text, start..<end, traits, scope, &redactor) {
    case .clean: if memory >= 0 { values.remember(memory, slot, text) }
    case .unclear: return nil
    case .redacted(let bytes): replacements.append((start..<end, bytes))
    }
    return slot
  }

  private func judge(
    _ text: Span<UInt8>, _ range: Range<Int>, _ traits: LineString, _ scope: LineScope,
    _ redactor: inout LineRedactor
  ) -> LineRedactor.Verdict {
    let value = text.extracting(range)
    if scope.contains(.isSecret) {
      let isClean = value.isEmpty || LineRedactor.isPlaceholder(value)
      return isClean ? .clean : .redacted(TextRedactor.placeholder)
    }
    return redactor.judge(
      value, isURL: scope.contains(.isURL), hasEscapes: traits.contains(.hasEscapes))
  }
}

extension Span<UInt8> {
  /// The headers that records are made from, in any case.
  fileprivate var isHeaderOfRecords: Bool {
    let names: StaticString
    switch count {
    case 8: names = "x-run-id"
    case 10: names = "user-agent"
    case 12: names = "x-request-id"
    case 13: names = "x-auth-groups"
    default: return false
    }
    return hasBytes(names, at: 0, ignoringCase: true)
      || count == 8 && hasBytes("location", at: 0, ignoringCase: true)
  }
}
