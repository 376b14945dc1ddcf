/// Takes the secrets out of one text or one URL.
///
/// What is percent-encoded or backslash-escaped is looked at decoded too. A secret that shows only
/// then takes the whole text (of a path: the whole segment) with it, for its place in the encoded
/// text is not worth guessing.
package struct TextRedactor: Sendable {
  /// Layers of encoding that are taken off; a text with more is taken out whole.
  static let decodingCountMax = 4
  /// Longest name of a query parameter that is kept.
  static let queryNameByteCountMax = 64

  static let placeholder = Array(RedactionList.placeholder.utf8)
  private var scanner: SecretScanner

  /// Over the built-in lists and what `list` adds.
  package init(_ list: RedactionList) { self.init(names: SecretNames(list)) }

  init(names: SecretNames) { scanner = SecretScanner(names: names) }

  /// The text without its secrets; nil when it holds none.
  package mutating func redacted(_ text: Span<UInt8>) -> [UInt8]? {
    let found = scanner.scan(text)
    let result = found ? replaced(text) : nil
    if hidesBase64(text) { return TextRedactor.placeholder }
    guard text.hasEncodedByte else { return result }
    let plain = result ?? [UInt8](copying: text)
    return hidesSecret(plain) ? TextRedactor.placeholder : result
  }

  private func replaced(_ text: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var copied = 0
    for range in scanner.ranges {
      result.append(copying: text.extracting(copied..<range.lowerBound))
      result.append(contentsOf: TextRedactor.placeholder)
      copied = range.upperBound
    }
    result.append(copying: text.extracting(copied..<text.count))
    return result
  }

  /// Whether a run of base64 in the text holds a secret.
  private mutating func hidesBase64(_ text: Span<UInt8>) -> Bool {
    for plain in LenientBase64.hiddenTexts(in: text) where scanner.scan(plain.span) { return true }
    return false
  }

  /// Whether decoding brings a secret to light, or does not come to an end.
  private mutating func hidesSecret(_ text: [UInt8]) -> Bool {
    var current = text
    for _ in 0..<TextRedactor.decodingCountMax {
      let decoded = EncodedText.decoded(current)
      if decoded == current { return false }
      if scanner.scan(decoded.span) || hidesBase64(decoded.span) { return true }
      current = decoded
    }
    return EncodedText.decoded(current) != current
  }

  // MARK: URLs

  /// The URL or request target with every value of its query and fragment replaced and its path
  /// redacted like a text; nil when there was nothing to replace.
  package mutating func redactedURL(_ url: Span<UInt8>) -> [UInt8]? {
    var end = 0
    while end < url.count, url[end] != UInt8(ascii: "?"), url[end] != UInt8(ascii: "#") { end += 1 }
    let path = redactedPath(url.extracting(0..<end))
    guard end < url.count else { return path }
    var result = path ?? [UInt8](copying: url.extracting(0..<end))
    let queryChanged = appendQuery(url.extracting(end..<url.count), to: &result)
    return path != nil || queryChanged ? result : nil
  }

  private mutating func redactedPath(_ path: Span<UInt8>) -> [UInt8]? {
    let found = scanner.scan(path)
    let result = found ? replaced(path) : nil
    guard path.hasEncodedByte || path.count >= LenientBase64.runByteCountMin else { return result }
    let plain = result ?? [UInt8](copying: path)
    guard hidesSecret(plain) || hidesBase64(plain.span) else { return result }
    return redactedSegments(plain)
  }

  private mutating func redactedSegments(_ plain: [UInt8]) -> [UInt8] {
    var segments: [[UInt8]] = []
    for segment in plain.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      let bytes = Array(segment)
      let hides = hidesSecret(bytes) || hidesBase64(bytes.span)
      segments.append(hides ? TextRedactor.placeholder : bytes)
    }
    let joined = Array(segments.joined(separator: [UInt8(ascii: "/")]))
    let hides = hidesSecret(joined) || hidesBase64(joined.span)
    return hides ? [UInt8(ascii: "/")] + TextRedactor.placeholder : joined
  }

  /// Appends `?a=1&b=2` with the values replaced. Whether anything was.
  private mutating func appendQuery(_ query: Span<UInt8>, to result: inout [UInt8]) -> Bool {
    var changed = false
    var start = 0
    while start < query.count {
      var end = start
      while end < query.count, !query[end].separatesParameters { end += 1 }
      let parameter = query.extracting(start..<end)
      if appendParameter(parameter, to: &result) { changed = true }
      if end < query.count { result.append(query[end]) }
      start = end + 1
    }
    return changed
  }

  private mutating func appendParameter(
    _ parameter: Span<UInt8>, to result: inout [UInt8]
  ) -> Bool {
    var nameEnd = 0
    while nameEnd < parameter.count, parameter[nameEnd] != UInt8(ascii: "=") { nameEnd += 1 }
    let name = parameter.extracting(0..<nameEnd)
    let redactedName = redactedQueryName(name)
    if let redactedName {
      result.append(contentsOf: redactedName)
    } else {
      result.append(copying: name)
    }
    guard nameEnd < parameter.count else { return redactedName != nil }
    result.append(UInt8(ascii: "="))
    let value = parameter.extracting((nameEnd + 1)..<parameter.count)
    if value.isEmpty || value.count == 10 && value.hasPlaceholder(at: 0)
      || value.count == 8 && value.hasBytes("REDACTED", at: 0)
    {
      result.append(copying: value)
      return redactedName != nil
    }
    result.append(contentsOf: TextRedactor.placeholder)
    return true
  }

  /// A name is kept unless it is itself a secret, or too long for a name.
  private mutating func redactedQueryName(_ name: Span<UInt8>) -> [UInt8]? {
    if name.count > TextRedactor.queryNameByteCountMax { return TextRedactor.placeholder }
    return redacted(name) == nil ? nil : TextRedactor.placeholder
  }
}

extension UInt8 {
  /// `?`, `#`, `&` or `;`: what stands between the parameters of a query or fragment.
  fileprivate var separatesParameters: Bool {
    self == UInt8(ascii: "&") || self == UInt8(ascii: ";") || self == UInt8(ascii: "#")
      || self == UInt8(ascii: "?")
  }
}

extension [UInt8] {
  /// A copy of the span's bytes.
  package init(copying span: Span<UInt8>) {
    self = []
    append(copying: span)
  }
}
