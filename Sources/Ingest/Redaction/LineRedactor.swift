/// Takes the secrets out of one parsed JSON line, leaving every other byte as it was.
///
/// One pass over the flat nodes. A key decides for its whole value: a secret name (every string and
/// number below is replaced), a header that is not kept, a URL. Any other string is redacted as
/// text; a string that is itself JSON is redacted as JSON. Only values and keys change, never the
/// structure: node `n` of the redacted line is node `n` of the line.
struct LineRedactor: Sendable {
  /// JSON inside strings inside JSON: levels looked into; a deeper string is taken out whole.
  static let nestingCountMax = 3

  private let names: SecretNames
  var keys: KeyClassifier
  private var nesting = 0
  var text: TextRedactor
  let plainTexts = PlainTextRule()
  /// Values in which nothing was found. Of lines only, not of JSON inside strings.
  var cleanTexts = TextCache(slotCount: 1024)
  var cleanURLs = TextCache(slotCount: 1024)
  /// The same by their bytes as written, with escapes.
  var cleanEscapedTexts = TextCache(slotCount: 256)

  /// Where the copy of the line stands, and what the nodes at hand are under.
  private var output: [UInt8] = []
  private var copiedEnd = 0
  private var scope = Scope()

  /// Ends (node indexes, exclusive) of the subtrees that a rule covers.
  private struct Scope {
    var secretEnd: Int32 = 0
    var urlEnd: Int32 = 0
    var headersEnd: Int32 = 0
    /// An object `{"name":"password","value":…}`.
    var pairEnd: Int32 = 0
    /// The next value is an option's: `--password` came just before.
    var followsOption = false
  }

  init(_ list: RedactionList) {
    names = SecretNames(list)
    keys = KeyClassifier(list, names: names)
    text = TextRedactor(names: names)
  }

  /// The redacted line; nil when nothing had to be replaced.
  ///
  /// - Parameter keptKeys: keys of the outermost object that are no secrets whatever their name.
  mutating func redacted(
    _ document: JSONDocument, keptKeys: NameTable = NameTable([])
  ) -> [UInt8]? {
    output.removeAll(keepingCapacity: true)
    copiedEnd = 0
    scope = Scope()
    var index: Int32 = 0
    while index < document.nodes.count {
      visit(index, document, keptKeys)
      index += 1
    }
    guard copiedEnd > 0 else { return nil }
    output.append(copying: document.bytes.span.extracting(copiedEnd..<document.bytes.count))
    return output
  }

  private mutating func visit(_ index: Int32, _ document: JSONDocument, _ keptKeys: NameTable) {
    let node = document.nodes[Int(index)]
    switch node.kind {
    case .object:
      scope.followsOption = false
      if isSecretPair(index, document) { scope.pairEnd = node.next }
    case .array: break
    case .key:
      scope.followsOption = false
      visitKey(index, document, keptKeys)
    case .string: visitString(index, document)
    case .number:
      if index < scope.secretEnd || scope.followsOption {
        replace(node.start..<node.end, by: LineRedactor.quotedPlaceholder, document)
      }
      scope.followsOption = false
    case .true, .false, .null: scope.followsOption = false
    }
  }

  private static let quotedPlaceholder = Array("\"\(RedactionList.placeholder)\"".utf8)

  private mutating func replace(
    _ range: Range<Int32>, by bytes: [UInt8], _ document: JSONDocument
  ) {
    output.append(copying: document.bytes.span.extracting(copiedEnd..<Int(range.lowerBound)))
    output.append(contentsOf: bytes)
    copiedEnd = Int(range.upperBound)
  }

  // MARK: Keys

  private mutating func visitKey(
    _ index: Int32, _ document: JSONDocument, _ keptKeys: NameTable
  ) {
    let node = document.nodes[Int(index)]
    if node.hasEscapes {
      let name = document.unescapedBytes(JSONDocument.Reference(index: index))
      classify(name.span, index, document, keptKeys)
    } else {
      let range = Int(node.start)..<Int(node.end)
      classify(document.bytes.span.extracting(range), index, document, keptKeys)
    }
  }

  /// Sets the scope of the value, and replaces a key that is itself a secret.
  private mutating func classify(
    _ name: Span<UInt8>, _ index: Int32, _ document: JSONDocument, _ keptKeys: NameTable
  ) {
    let traits = keys.traits(of: name, remembering: nesting == 0)
    let isHeader = index < scope.headersEnd
    let end = document.nodes[Int(index + 1)].next
    if traits.contains(isHeader ? .keptHeader : .plain) {
      if isHeader, traits.contains(.url) { scope.urlEnd = end }
      return
    }
    if traits.contains(.holdsSecret) {
      replaceKey(index, document)
      scope.secretEnd = max(scope.secretEnd, end)
      return
    }
    guard index >= scope.secretEnd else { return }
    if isHeader {
      scope.secretEnd = end
    } else if traits.contains(.headerObject), document.nodes[Int(index + 1)].kind == .object {
      scope.headersEnd = end
    } else if traits.contains(.secret) || isPairValue(name, index), !keptKeys.contains(name) {
      scope.secretEnd = end
    } else if traits.contains(.url) {
      scope.urlEnd = end
    }
  }

  private func isPairValue(_ name: Span<UInt8>, _ index: Int32) -> Bool {
    index < scope.pairEnd && name.hasBytes("value", at: 0, ignoringCase: true)
  }

  /// The node's index keeps replaced keys of one object apart: a key twice is no valid line.
  private mutating func replaceKey(_ index: Int32, _ document: JSONDocument) {
    let node = document.nodes[Int(index)]
    replace(node.start..<node.end, by: Array("[redacted \(index)]".utf8), document)
  }

  /// `{"name":"db-password","value":"…"}`, as lists of variables and parameters are written.
  private func isSecretPair(_ index: Int32, _ document: JSONDocument) -> Bool {
    let object = JSONDocument.Reference(index: index)
    guard mayHaveValueKey(index, document),
      document.member(object, "value") != nil || document.member(object, "Value") != nil
    else { return false }
    for key: StaticString in ["name", "Name", "key", "Key"] {
      guard let name = document.member(object, key), document.kind(name) == .string else {
        continue
      }
      if names.matches(document.unescapedBytes(name).span) { return true }
    }
    return false
  }

  /// A cheap look before the exact one: a key of five bytes, or one that is written with escapes.
  private func mayHaveValueKey(_ index: Int32, _ document: JSONDocument) -> Bool {
    var key = index + 1
    while key < document.nodes[Int(index)].next {
      let node = document.nodes[Int(key)]
      if node.hasEscapes || node.end - node.start == 5 { return true }
      key = document.nodes[Int(key + 1)].next
    }
    return false
  }

  // MARK: Strings

  private mutating func visitString(_ index: Int32, _ document: JSONDocument) {
    let node = document.nodes[Int(index)]
    let range = node.start..<node.end
    let raw = document.bytes.span.extracting(Int(node.start)..<Int(node.end))
    let followsOption = scope.followsOption
    scope.followsOption = false
    if index < scope.secretEnd || followsOption {
      if raw.isEmpty || LineRedactor.isPlaceholder(raw) { return }
      replace(range, by: TextRedactor.placeholder, document)
    } else if node.hasEscapes {
      let plain = document.unescapedBytes(JSONDocument.Reference(index: index))
      guard let result = redactedValue(plain.span, isURL: index < scope.urlEnd) else { return }
      replace(range, by: JSONEscape.escaped(result), document)
    } else {
      guard let result = redactedPlainValue(raw, isURL: index < scope.urlEnd) else { return }
      replace(range, by: JSONEscape.escaped(result), document)
    }
  }

  /// `redactedValue` for a value without escapes: most need no look at all, or had one before.
  private mutating func redactedPlainValue(_ value: Span<UInt8>, isURL: Bool) -> [UInt8]? {
    if value.isInert(isURL: isURL) { return nil }
    let hash = value.tableHash
    if isURL {
      if cleanURLs.value(of: value, hash: hash) != nil { return nil }
      let result = text.redactedURL(value)
      if result == nil, nesting == 0 { cleanURLs.insert(value, hash: hash, 0) }
      return result
    }
    if cleanTexts.value(of: value, hash: hash) != nil { return nil }
    let result = redactedValue(value, isURL: false)
    // An option says something about the next value too, and JSON is redacted with a scope.
    if result == nil, nesting == 0, !scope.followsOption, !value.looksLikeContainer {
      cleanTexts.insert(value, hash: hash, 0)
    }
    return result
  }

  static func isPlaceholder(_ raw: Span<UInt8>) -> Bool {
    raw.count == 10 && raw.hasPlaceholder(at: 0)
      || raw.count == 8 && raw.hasBytes("REDACTED", at: 0)
  }

  /// The value without its secrets; nil when it holds none.
  private mutating func redactedValue(_ value: Span<UInt8>, isURL: Bool) -> [UInt8]? {
    if isURL { return text.redactedURL(value) }
    if value.looksLikeContainer {
      switch redactedJSON(value) {
      case .noJSON: break
      case .clean: return nil
      case .redacted(let result): return result
      }
    }
    if isSecretOption(value) { scope.followsOption = true }
    return text.redacted(value)
  }

  /// `--password`, without `=`: the next value of the list is the secret.
  func isSecretOption(_ value: Span<UInt8>) -> Bool {
    guard value.count > 1, value.count <= SecretScanner.nameByteCountMax,
      value[0] == UInt8(ascii: "-")
    else { return false }
    for index in value.indices
    where value[index] == UInt8(ascii: "=") || value[index].isASCIISpace {
      return false
    }
    return names.matches(value)
  }

  private enum NestedResult {
    case noJSON, clean
    case redacted([UInt8])
  }

  private func redactedJSON(_ value: Span<UInt8>) -> NestedResult {
    var inner = JSONDocument()
    do {
      try inner.parse(value)
    } catch {
      return .noJSON
    }
    guard nesting < LineRedactor.nestingCountMax else {
      return .redacted(TextRedactor.placeholder)
    }
    // A copy shares the compiled lists; it gets a buffer and a scope of its own.
    var redactor = self
    redactor.nesting += 1
    redactor.output = []
    guard let result = redactor.redacted(inner) else { return .clean }
    return .redacted(result)
  }
}

extension Span<UInt8> {
  /// Whether the first byte that is no space opens an object or array.
  var looksLikeContainer: Bool {
    for index in indices where !self[index].isASCIISpace {
      return self[index] == UInt8(ascii: "{") || self[index] == UInt8(ascii: "[")
    }
    return false
  }
}

extension JSONEscape {
  /// The content of a JSON string (without quotes) for valid UTF-8 bytes.
  static func escaped(_ utf8: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    appendQuoted(String(decoding: utf8, as: UTF8.self), to: &result)
    return Array(result[1..<result.count - 1])
  }
}
