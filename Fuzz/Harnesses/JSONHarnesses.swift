import Ingest

extension Harness {
  static let json: [Harness] = [
    Harness("json", words: jsonWords, seeds: { jsonSeeds }, run: JSONProperties.json),
    Harness(
      "json-lines", words: jsonWords + ["\n", "}\n{", "}\n{\"a\":", "{\"a\":{\"b\":", "\r\n"],
      seeds: { jsonLineSeeds }, run: JSONProperties.lines),
    Harness(
      "json5", words: jsonWords + ["'", "//", "/*", "*/", "0x", "\\x", "+.5", "\u{2028}"],
      seeds: {
        jsonSeeds
          + texts(
            "{a: 'x', $b: [+1, .5, 0xFF, -0x1,], /* c */ \"d\": 5., // e\n}\n",
            "'a\\\nb\\x41\\u0042\\0'", "[-Infinity, NaN]", "{'\\u0061': 1, a: 2}")
      }, run: JSONProperties.json5),
    Harness(
      "numbers", byteCountMax: 400, words: ["e", "E-", "e+", ".", "-", "000000000", "99999"],
      seeds: {
        texts(
          "0", "-0", "1764028800.5", "9223372036854775807", "-9223372036854775808", "1e22",
          "123456789012345678901234567890e-20", "0.00000149999999", "-1.5", "1e-400", "5e-324")
      }, run: JSONProperties.number),
  ]

  private static let jsonWords = [
    "{", "}", "[", "]", "\":", ",\"", "\\u", "\\ud800", "\\udc00", "true", "false", "null", "1e5",
    "-0", "\\\\", "\\\"",
  ]

  private static let jsonLineSeeds = texts(
    "{\"a\":1}\n{\"a\":{\"b\":[\"x\",-2.5,true]},\"c\":\"\\n\u{E9}\"}\n", "{}\n{\"a\":\"\n{}\n",
    "{\"key-of-more-than-sixteen-bytes\":0,\"key-of-more-than-sixteen-bytez\":null}\n")

  private static let jsonSeeds = texts(
    "{\"a\":[1,2,{\"b\":true}],\"c\":null,\"d\":\"x\\ny\\u00e9\\ud83d\\ude00\"}",
    "[-0.5e-3,1E5,9223372036854775807,[],{}]", " \"\\ud800\" ", "{\"a\":1,\"\\u0061\":2}",
    String(repeating: "[", count: 128) + String(repeating: "]", count: 128),
    "{\"v\":1,\"original\":{\"x\":")
}

/// What holds for every text that is JSON, and for every one that is not.
enum JSONProperties {
  static func json(_ bytes: [UInt8]) throws {
    var document = JSONDocument()
    do {
      try document.parse(bytes.span)
    } catch {
      try require((0...bytes.count).contains(error.byteOffset), "an error at \(error.byteOffset)")
      var stopped = JSONDocument()
      do { try stopped.parse(bytes.span, stoppingBefore: "original") } catch { return }
      _ = print(stopped, stopped.root)
      return
    }
    try require(document.bytes == bytes, "the document holds other bytes")
    let printed = print(document, document.root)
    try values(document, document.root)
    var second = JSONDocument()
    do { try second.parse(printed.span) } catch {
      throw BrokenProperty(description: "printed JSON does not parse: \(error)")
    }
    try require(print(second, second.root) == printed, "printing is no fixed point")
    try json5TakesJSON(bytes)
  }

  /// What the fast scanner takes, the full reader takes, and finds at the same places; all its ways
  /// take the same lines.
  static func lines(_ bytes: [UInt8]) throws {
    var paths = LinePaths()
    paths.add("a")
    paths.add("b", in: 0)
    let text = bytes + [0x0A]
    var scanners = [JSONLineScanner(paths), JSONLineScanner(paths, way: .portable)]
    for index in scanners.indices { scanners[index].begin() }
    var offset = 0
    while let line = scanners[0].next(text.span) {
      let other = scanners[1].next(text.span)
      try require(line.range.lowerBound == offset, "a line at \(line.range), not \(offset)")
      try require(
        other?.range == line.range, "lines at \(line.range), \(String(describing: other))")
      try require(other?.isPlain == line.isPlain, "ways differ about \(line.range)")
      offset = line.range.upperBound + 1
      if line.isPlain { try plainLine(text, line.range, scanners) }
    }
    try require(offset == text.count, "lines end at \(offset) of \(text.count)")
  }

  private static func plainLine(
    _ text: [UInt8], _ range: Range<Int>, _ scanners: [JSONLineScanner]
  ) throws {
    var document = JSONDocument()
    do { try document.parse(text.span.extracting(range)) } catch {
      throw BrokenProperty(description: "a line was taken: \(error)")
    }
    let first = document.member(document.root, "a")
    let second = first.flatMap { document.member($0, "b") }
    for (path, node) in [first, second].enumerated() {
      let place = node.map { range.lowerBound + document.textRange($0).lowerBound } ?? -1
      for scanner in scanners {
        try require(scanner.value(path) == place, "path \(path) at \(scanner.value(path))")
      }
    }
  }

  /// JSON is a subset of JSON5; lone surrogates, and depth, are what ours takes less of.
  private static func json5TakesJSON(_ bytes: [UInt8]) throws {
    let opening = bytes.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
    guard opening <= JSON5Document.depthMax, !bytes.text.contains("\\u") else { return }
    do { _ = try JSON5Document(bytes.span) } catch {
      throw BrokenProperty(description: "JSON that is no JSON5: \(error)")
    }
  }

  /// Every value's bytes are a JSON text of their own; numbers read as the standard library does.
  private static func values(
    _ document: JSONDocument, _ value: JSONDocument.Reference
  ) throws {
    var inner = JSONDocument()
    let text = document.bytes.span.extracting(document.textRange(value))
    do { try inner.parse(text) } catch {
      throw BrokenProperty(description: "a value that is no JSON text: \(error)")
    }
    if document.kind(value) == .number {
      try number(Array(document.bytes[document.range(value)]))
    }
    // Once more for each level: bounded by taking only the first child.
    if let first = document.firstElement(value) { try values(document, first) }
    var isFirst = true
    try document.forEachMember(value) { (_, member) throws in
      if isFirst { try values(document, member) }
      isFirst = false
    }
  }

  static func json5(_ bytes: [UInt8]) throws {
    let document: JSON5Document
    do {
      document = try JSON5Document(bytes.span)
    } catch {
      try require(error.place.line >= 1 && error.place.column >= 1, "no place: \(error)")
      return try requireLegible(error.description)
    }
    let printed = print(document.root)
    let second: JSON5Document
    do { second = try JSON5Document(printed.span) } catch {
      throw BrokenProperty(description: "printed JSON5 does not parse: \(error)")
    }
    try require(print(second.root) == printed, "printing is no fixed point")
  }

  /// Readings of a number text agree with the standard library's.
  static func number(_ bytes: [UInt8]) throws {
    var document = JSONDocument()
    do { try document.parse(bytes.span) } catch { return }
    guard document.kind(document.root) == .number else { return }
    let range = document.range(document.root)
    let text = String(decoding: bytes[range], as: UTF8.self)
    try require(document.double(document.root) == Double(text), "double of \(text)")
    try require(document.integer(document.root) == Int64(text), "integer of \(text)")
    guard let value = Double(text) else { return }
    for (exponent, scale) in [(6, 1e6), (3, 1e3), (0, 1), (-3, 1e-3)] {
      let exact = value * scale
      guard let found = JSONNumber.microseconds(bytes[range], exponent: exponent) else {
        // Beyond Int64, or an exponent of six digits and more.
        try require(abs(exact) > 9.2e18 || text.count > 6, "no microseconds of \(text)")
        continue
      }
      let error = abs(Double(found) - exact)
      try require(error <= max(0.51, abs(exact) * 1e-15), "\(found) microseconds of \(text)")
    }
  }

  /// The document as the writer would put it.
  private static func print(
    _ document: JSONDocument, _ value: JSONDocument.Reference
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    append(document, value, to: &bytes)
    return bytes
  }

  private static func append(
    _ document: JSONDocument, _ value: JSONDocument.Reference, to bytes: inout [UInt8]
  ) {
    switch document.kind(value) {
    case .object:
      bytes.append(UInt8(ascii: "{"))
      document.forEachMember(value) { key, member in
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        JSONEscape.appendQuoted(document.string(key) ?? "", to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(document, member, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .array:
      bytes.append(UInt8(ascii: "["))
      document.forEachElement(value) { element in
        if bytes.last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
        append(document, element, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .string, .key: JSONEscape.appendQuoted(document.string(value) ?? "", to: &bytes)
    default: bytes += document.bytes[document.range(value)]
    }
  }

  private static func print(_ value: JSON5Value) -> [UInt8] {
    var bytes: [UInt8] = []
    switch value.content {
    case .object(let members):
      let parts = members.map { member -> [UInt8] in
        var part: [UInt8] = []
        JSONEscape.appendQuoted(member.key, to: &part)
        return part + [UInt8(ascii: ":")] + print(member.value)
      }
      bytes = Array("{".utf8) + parts.joined(separator: [UInt8(ascii: ",")]) + Array("}".utf8)
    case .array(let elements):
      let parts = elements.map { print($0) }
      bytes = Array("[".utf8) + parts.joined(separator: [UInt8(ascii: ",")]) + Array("]".utf8)
    case .string(let text): JSONEscape.appendQuoted(text, to: &bytes)
    case .integer(let number): bytes = Array(number.description.utf8)
    case .number(let number): bytes = Array(number.description.utf8)
    case .boolean(let flag): bytes = Array(flag.description.utf8)
    case .null: bytes = Array("null".utf8)
    }
    return bytes
  }
}
