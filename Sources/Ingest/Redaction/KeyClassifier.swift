/// What the redaction lists say about a key. Emitters have few keys and repeat them on every line, so
/// the answers are remembered.
struct KeyClassifier: Sendable {
  /// What a key is.
  struct Traits: OptionSet {
    let rawValue: UInt8

    /// A key of the known emitters that no rule concerns.
    static let plain = Traits(rawValue: 1)
    /// A header whose values are kept.
    static let keptHeader = Traits(rawValue: 2)
    /// Its strings are URLs.
    static let url = Traits(rawValue: 4)
    /// Its object maps header names to values.
    static let headerObject = Traits(rawValue: 8)
    /// Its value is a secret.
    static let secret = Traits(rawValue: 16)
    /// The key is itself a secret, or stands where one was taken out.
    static let holdsSecret = Traits(rawValue: 32)
  }

  private let names: SecretNames
  private let keptHeaders: NameTable
  private let urlNames: NameTable
  private let headerObjects: NameTable
  private let plainNames: NameTable
  private var text: TextRedactor
  private var known = TextCache(slotCount: 1024)

  init(_ list: RedactionList, names: SecretNames) {
    self.names = names
    keptHeaders = NameTable(RedactionList.keptBuiltInHeaders + list.keptHeaders)
    urlNames = NameTable(RedactionList.urlNames)
    headerObjects = NameTable(RedactionList.headerObjectNames)
    plainNames = NameTable(
      RedactionList.plainNames.filter { !names.matches(Array($0.utf8).span) })
    text = TextRedactor(names: names)
  }

  /// - Parameters:
  ///   - name: the key, unescaped.
  ///   - isRemembered: false for a copy of this value, which would copy the memory to write to it.
  mutating func traits(of name: Span<UInt8>, remembering isRemembered: Bool) -> Traits {
    let hash = name.tableHash
    if let value = known.value(of: name, hash: hash) { return Traits(rawValue: value) }
    let traits = findTraits(of: name)
    if isRemembered { known.insert(name, hash: hash, traits.rawValue) }
    return traits
  }

  private mutating func findTraits(of name: Span<UInt8>) -> Traits {
    var traits: Traits = []
    if plainNames.contains(name) { traits.insert(.plain) }
    if keptHeaders.contains(name) { traits.insert(.keptHeader) }
    if urlNames.contains(name) { traits.insert(.url) }
    if headerObjects.contains(name) { traits.insert(.headerObject) }
    if names.matches(name) { traits.insert(.secret) }
    if text.redacted(name) != nil || name.hasBytes("[redacted ", at: 0) {
      traits.insert(.holdsSecret)
    }
    return traits
  }
}
