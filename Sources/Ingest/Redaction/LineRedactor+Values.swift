/// Values judged one by one, for a reader that keeps track of keys and scopes itself.
extension LineRedactor {
  /// What the rules say about one value.
  enum Verdict {
    case clean
    /// The value is to be replaced by these bytes, which are valid in a JSON string.
    case redacted([UInt8])
    /// More than the value decides: it is JSON, or says something about the next value.
    case unclear
  }

  /// What the redaction lists say about a key.
  mutating func traits(of name: Span<UInt8>) -> KeyClassifier.Traits {
    keys.traits(of: name, remembering: true)
  }

  /// Judges the bytes between a string's quotes, as `redacted` does for a string that stands under no
  /// secret name.
  mutating func judge(_ raw: Span<UInt8>, isURL: Bool, hasEscapes: Bool) -> Verdict {
    if hasEscapes { return judgeEscaped(raw, isURL: isURL) }
    if plainTexts.isClean(raw, isURL: isURL) { return .clean }
    let hash = raw.tableHash
    if isURL {
      if cleanURLs.value(of: raw, hash: hash) != nil { return .clean }
      if let result = text.redactedURL(raw) { return .redacted(JSONEscape.escaped(result)) }
      cleanURLs.insert(raw, hash: hash, 0)
      return .clean
    }
    if cleanTexts.value(of: raw, hash: hash) != nil { return .clean }
    let verdict = judgePlain(raw)
    if case .clean = verdict { cleanTexts.insert(raw, hash: hash, 0) }
    return verdict
  }

  private mutating func judgeEscaped(_ raw: Span<UInt8>, isURL: Bool) -> Verdict {
    let hash = raw.tableHash
    if !isURL, cleanEscapedTexts.value(of: raw, hash: hash) != nil { return .clean }
    let plain = JSONEscape.unescaped([UInt8](copying: raw)[...])
    if isURL {
      return text.redactedURL(plain.span).map { .redacted(JSONEscape.escaped($0)) } ?? .clean
    }
    let verdict = judgePlain(plain.span)
    if case .clean = verdict { cleanEscapedTexts.insert(raw, hash: hash, 0) }
    return verdict
  }

  private mutating func judgePlain(_ value: Span<UInt8>) -> Verdict {
    if value.looksLikeContainer || isSecretOption(value) { return .unclear }
    return text.redacted(value).map { .redacted(JSONEscape.escaped($0)) } ?? .clean
  }
}
