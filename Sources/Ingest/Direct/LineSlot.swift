/// What stands at one place of a line.
struct LineSlot: Sendable {
  /// What kind of value it is, as far as that decides how an entry can take it over.
  enum Form: UInt8, Sendable {
    /// A string whose bytes are valid in a JSON string as they stand.
    case text
    /// A string that an entry writes with other escapes than the line, or with some.
    case codedText
    /// A number without exponent.
    case number
    case `true`, `false`, null
    /// An array, without white space, of strings of form `text`.
    case texts
    /// Any other array.
    case array
    case object
  }

  var form: Form
  /// Of a string the bytes between the quotes, of anything else the whole value.
  var start: Int32
  var end: Int32

  init(_ form: Form, _ start: Int, _ end: Int) {
    self.form = form
    self.start = Int32(truncatingIfNeeded: start)
    self.end = Int32(truncatingIfNeeded: end)
  }

  var range: Range<Int> { Int(start)..<Int(end) }
  var isEmpty: Bool { start == end }
}

/// What a line has at the places that records are made from.
struct LineSlots: Sendable {
  private(set) var places = LinePlaces()
  /// Keys of the outermost object.
  private(set) var rootKeyCount = 0
  private var slots = [LineSlot](repeating: LineSlot(.null, 0, 0), count: LinePlace.count)

  mutating func removeAll() {
    places = LinePlaces()
    rootKeyCount = 0
  }

  mutating func countRootKey() { rootKeyCount += 1 }

  mutating func fill(_ place: LinePlace, _ slot: LineSlot) {
    places.insert(place)
    slots[Int(place.rawValue)] = slot
  }

  /// What stands at a place; nil when nothing does.
  func slot(_ place: LinePlace) -> LineSlot? {
    places.contains(place) ? slots[Int(place.rawValue)] : nil
  }
}

extension LineSlot {
  /// Whether a text says something: it is not empty, and no placeholder that Caddy left unresolved.
  func isMeaningful(in text: Span<UInt8>) -> Bool {
    guard form == .text || form == .codedText, !isEmpty else { return false }
    return !text.extracting(range).hasBytes("{http.", at: 0)
  }
}
