internal import Ingest

/// Reads the two inputs of the common question: makes rows of lines. One a thread.
final class CommonWorker: ChunkWorker {
  /// The inputs by number.
  enum Input: Int { case gateway, runs }

  private var scanners = [GatewayPlaces.scanner(), RunPlaces.scanner()]
  private var document = JSONDocument()
  private var names: CommonNames
  private var rows = CommonRows()
  private var input = Input.gateway

  init(_ secret: TextTable.Secret) {
    names = CommonNames(
      principals: TextTable(secret), jobs: TextTable(secret), identifiers: TextTable(secret))
  }

  func begin(input: Int) {
    self.input = Input(rawValue: input) ?? .gateway
    rows = CommonRows()
  }

  func take(_ lines: Span<UInt8>, offset: Int) {
    // Taken out and put back: a value of its own is not copied when it is asked.
    var scanner = scanners.remove(at: input.rawValue)
    switch input {
    case .gateway: takeGateway(lines, offset, &scanner)
    case .runs: takeRuns(lines, offset, &scanner)
    }
    scanners.insert(scanner, at: input.rawValue)
  }

  func finish(overlongCount: Int, overlongOffsets: [Int]) -> CommonRows {
    for offset in overlongOffsets { noteMalformed(offset, "too_long", 0) }
    rows.malformedCount += overlongCount - overlongOffsets.count
    rows.lineCount += overlongCount
    defer { rows = CommonRows() }
    return rows
  }

  func knowledge() -> CommonNames { names }

  // MARK: Lines

  private func takeGateway(
    _ lines: Span<UInt8>, _ offset: Int, _ scanner: inout JSONLineScanner
  ) {
    let text = ValidJSONText(lines)
    scanner.begin()
    while let line = scanner.next(lines) {
      rows.lineCount += 1
      if line.isPlain {
        // Most requests are no POST: their other values are not asked for.
        if text.isString("POST", at: scanner.value(GatewayPlaces.methodNumber)) {
          takeTrigger(text, GatewayPlaces(scanner))
        }
      } else if parse(lines, line.range, offset) {
        takeTrigger(text, GatewayPlaces(document, at: line.range.lowerBound))
      }
    }
  }

  private func takeRuns(
    _ lines: Span<UInt8>, _ offset: Int, _ scanner: inout JSONLineScanner
  ) {
    let text = ValidJSONText(lines)
    scanner.begin()
    while let line = scanner.next(lines) {
      rows.lineCount += 1
      if line.isPlain {
        takeRun(text, RunPlaces(scanner))
      } else if parse(lines, line.range, offset) {
        takeRun(text, RunPlaces(document, at: line.range.lowerBound))
      }
    }
  }

  /// Reads a line in full. False when it is no JSON object; an empty line is none, and no mistake.
  private func parse(_ lines: Span<UInt8>, _ range: Range<Int>, _ offset: Int) -> Bool {
    let line = lines.extracting(range)
    if line.isEmpty || line.count == 1 && line[0] == UInt8(ascii: "\r") {
      rows.lineCount -= 1
      return false
    }
    guard line.count <= LineBuffer.lineByteCountMax else {
      noteMalformed(offset + range.lowerBound, "too_long", 0)
      return false
    }
    do {
      try document.parse(line)
    } catch {
      noteMalformed(offset + range.lowerBound, error.reason.rawValue, error.byteOffset)
      return false
    }
    guard document.kind(document.root) == .object else {
      noteMalformed(offset + range.lowerBound, "no_object", 0)
      return false
    }
    return true
  }

  private func noteMalformed(_ offset: Int, _ reason: String, _ offsetInLine: Int) {
    rows.malformedCount += 1
    guard rows.malformed.count < MalformedLine.countMax else { return }
    rows.malformed.append(
      MalformedLine(byteOffset: offset, reason: reason, offsetInLine: offsetInLine))
  }

  // MARK: Rows

  private func takeTrigger(_ text: borrowing ValidJSONText, _ fields: GatewayPlaces) {
    guard fields.uri >= 0, text.isString("POST", at: fields.method),
      fields.status >= 0, let status = text.double(at: fields.status), (200...299).contains(status),
      fields.ts >= 0, let seconds = text.floor(at: fields.ts), isTriggerRoute(text, fields.uri)
    else { return }
    var traits = IdentifierTraits()
    let list = fields.identifiers < 0 ? nil : text.firstElement(at: fields.identifiers)
    let identifier = identifier(text, list ?? -1, &traits, has: .hasRequest, isText: .requestIsText)
    rows.triggers.append(
      TriggerRow(
        identifier: identifier,
        principal: CommonWorker.name(text, fields.user, &names.principals),
        hour: CommonWorker.hourOfWeek(seconds), traits: traits))
  }

  /// From Monday 00:00 UTC, which is 72 hours before the epoch's Thursday.
  private static func hourOfWeek(_ seconds: Int64) -> UInt8 {
    let hours = seconds / 3600 - (seconds % 3600 < 0 ? 1 : 0) + 72
    return UInt8((hours % 168 + 168) % 168)
  }

  /// `/jobs/{job}/runs`, the job not empty and without a slash.
  private func isTriggerRoute(_ text: borrowing ValidJSONText, _ place: Int) -> Bool {
    guard let written = text.string(at: place) else { return false }
    if let plain = text.unescaped(written) { return CommonWorker.isTriggerRoute(plain.span) }
    return CommonWorker.isTriggerRoute(text.bytes.extracting(written))
  }

  private static func isTriggerRoute(_ uri: Span<UInt8>) -> Bool {
    guard uri.count >= 12, uri.has("/jobs/", at: 0), uri.has("/runs", at: uri.count - 5) else {
      return false
    }
    for place in 6..<uri.count - 5 where uri[place] == UInt8(ascii: "/") { return false }
    return true
  }

  private func takeRun(_ text: borrowing ValidJSONText, _ fields: RunPlaces) {
    guard isLauncher(text, fields.schema) else { return }
    if text.isString("run.requested", at: fields.event) {
      let (request, run, traits) = identifiers(text, fields)
      rows.runs.append(
        RunRow(
          request: request, run: run, job: CommonWorker.name(text, fields.job, &names.jobs),
          traits: traits))
    } else if text.isString("run.exited", at: fields.event), fields.seconds >= 0,
      let seconds = text.double(at: fields.seconds), seconds > 0
    {
      let (request, run, traits) = identifiers(text, fields)
      rows.finished.append(
        FinishedRow(
          request: request, run: run, logarithm: Elementary.log(seconds),
          job: CommonWorker.name(text, fields.job, &names.jobs), traits: traits))
    }
  }

  private func isLauncher(_ text: borrowing ValidJSONText, _ place: Int) -> Bool {
    guard place >= 0, place < text.bytes.count, text.bytes[place] == UInt8(ascii: "\"") else {
      return false
    }
    return text.bytes.has("trigger-event/", at: place + 1)
  }

  private func identifiers(
    _ text: borrowing ValidJSONText, _ fields: RunPlaces
  ) -> (request: EventIdentifier, run: EventIdentifier, traits: IdentifierTraits) {
    var traits = IdentifierTraits()
    let request = identifier(
      text, fields.request, &traits, has: .hasRequest, isText: .requestIsText)
    let run = identifier(text, fields.run, &traits, has: [], isText: .runIsText)
    return (request, run, traits)
  }

  /// The id at `place`; of an absent or empty one, that of the empty text.
  private func identifier(
    _ text: borrowing ValidJSONText, _ place: Int, _ traits: inout IdentifierTraits,
    has: IdentifierTraits, isText: IdentifierTraits
  ) -> EventIdentifier {
    if place >= 0, let written = text.string(at: place), !written.isEmpty {
      traits.formUnion(has)
      if let uuid = EventIdentifier(uuid: text.bytes.extracting(written)) { return uuid }
    }
    traits.formUnion(isText)
    return EventIdentifier(number: CommonWorker.name(text, place, &names.identifiers))
  }

  /// The number of the text at `place`, the empty one when there is no string.
  private static func name(
    _ text: borrowing ValidJSONText, _ place: Int, _ table: inout TextTable
  ) -> Int32 {
    guard place >= 0, let written = text.string(at: place) else {
      return table.number(of: Span())
    }
    if let plain = text.unescaped(written) { return table.number(of: plain.span) }
    return table.number(of: text.bytes.extracting(written))
  }
}

extension Span<UInt8> {
  /// Whether `word` stands at `offset`.
  fileprivate func has(_ word: StaticString, at offset: Int) -> Bool {
    let length = word.utf8CodeUnitCount
    guard offset >= 0, count - offset >= length else { return false }
    // SAFETY: a StaticString's buffer holds utf8CodeUnitCount bytes for the whole program.
    let letters = unsafe Span(_unsafeStart: word.utf8Start, count: length)
    return extracting(offset..<offset + length).equals(letters)
  }
}
