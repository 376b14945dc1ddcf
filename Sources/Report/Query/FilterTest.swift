import Ingest

/// One comparison, its value read as the field's type wants it.
///
/// A comparison with an absent field is false, but for `!=` and `!~`, which always say the opposite of
/// `=` and `~`. A flag that is absent is false.
struct FilterTest: Hashable, Sendable {
  enum Operand: Hashable, Sendable {
    /// Bytes of UTF-8.
    case text([UInt8])
    case glob(Glob)
    case integer(Int)
    case number(Double)
    case instant(Timestamp)
    case flag(Bool)
    /// A member of an object: its path, and the value as text and, where it is one, as a number.
    case member([String], [UInt8], Double?)
    case memberGlob([String], Glob)
  }

  let operation: FilterOperator
  let operand: Operand

  func holds(_ value: FilterValue) -> Bool {
    switch operand {
    case .text(let stated): holdsText(value, stated)
    case .glob(let glob): holdsGlob(value, glob)
    case .integer(let stated): holdsInteger(value, stated)
    case .number(let stated): holdsNumber(value, stated)
    case .instant(let stated): holdsInstant(value, stated)
    case .flag(let stated):
      (value == .flag(true)) == stated ? !operation.isNegated : operation.isNegated
    case .member(let path, let text, let number): holdsMember(value, path, text, number)
    case .memberGlob(let path, let glob): holdsMemberGlob(value, path, glob)
    }
  }

  private func holdsText(_ value: FilterValue, _ stated: [UInt8]) -> Bool {
    switch value {
    case .text(let text):
      if operation == .equal { return text.utf8.elementsEqual(stated) }
      return operation.holds(FilterTest.order(text.utf8, stated))
    case .texts(let texts):
      return texts.contains { $0.utf8.elementsEqual(stated) } != operation.isNegated
    default: return operation.isNegated
    }
  }

  private func holdsGlob(_ value: FilterValue, _ glob: Glob) -> Bool {
    switch value {
    case .text(let text): glob.matches(text) != operation.isNegated
    case .texts(let texts): texts.contains { glob.matches($0) } != operation.isNegated
    default: operation.isNegated
    }
  }

  private func holdsInteger(_ value: FilterValue, _ stated: Int) -> Bool {
    switch value {
    case .integer(let number): operation.holds(FilterTest.order(number, stated))
    case .number(let number): operation.holds(FilterTest.order(number, Double(stated)))
    default: operation.isNegated
    }
  }

  private func holdsNumber(_ value: FilterValue, _ stated: Double) -> Bool {
    switch value {
    case .integer(let number): operation.holds(FilterTest.order(Double(number), stated))
    case .number(let number): operation.holds(FilterTest.order(number, stated))
    default: operation.isNegated
    }
  }

  private func holdsInstant(_ value: FilterValue, _ stated: Timestamp) -> Bool {
    guard case .instant(let instant) = value else { return operation.isNegated }
    return operation.holds(FilterTest.order(instant, stated))
  }

  private func holdsMember(
    _ value: FilterValue, _ path: [String], _ stated: [UInt8], _ number: Double?
  ) -> Bool {
    guard case .json(let json) = value, let member = JSONMember(json, path) else {
      return operation.isNegated
    }
    if let found = member.number, let number {
      return operation.holds(FilterTest.order(found, number))
    }
    return operation.holds(FilterTest.order(member.text, stated))
  }

  private func holdsMemberGlob(_ value: FilterValue, _ path: [String], _ glob: Glob) -> Bool {
    guard case .json(let json) = value, let member = JSONMember(json, path) else {
      return operation.isNegated
    }
    return glob.matches(member.text.span) != operation.isNegated
  }

  private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
    left < right ? -1 : left == right ? 0 : 1
  }

  private static func order(_ left: some Sequence<UInt8>, _ right: [UInt8]) -> Int {
    if left.elementsEqual(right) { return 0 }
    return left.lexicographicallyPrecedes(right) ? -1 : 1
  }
}

/// One value inside a JSON text: a string's contents, or the text of anything else.
private struct JSONMember {
  let text: [UInt8]
  /// Of a JSON number alone.
  let number: Double?

  /// Nil where there is no such member, or it is null.
  init?(_ json: [UInt8], _ path: [String]) {
    var document = JSONDocument()
    do { try document.parse(json.span) } catch { return nil }
    var current = document.root
    for name in path {
      var found: JSONDocument.Reference?
      document.forEachMember(current) { key, value in
        if found == nil, document.unescapedBytes(key).elementsEqual(name.utf8) { found = value }
      }
      guard let found else { return nil }
      current = found
    }
    switch document.kind(current) {
    case .null: return nil
    case .string:
      text = document.unescapedBytes(current)
      number = nil
    case .number:
      text = Array(document.bytes[document.textRange(current)])
      number = document.double(current)
    default:
      text = Array(document.bytes[document.textRange(current)])
      number = nil
    }
  }
}
