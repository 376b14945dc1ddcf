/// One input's lines become prepared entries: from their bytes where that can be, else the long way.
///
/// Of the same lines it makes the same steps whether `makesDirectly` is set or not. For one thread;
/// several intakes of one input may work on chunks of it at the same time.
package struct EntryIntake: ~Copyable {
  private let makesDirectly: Bool
  private var longWay: LineIntake
  private var maker: LineEntryMaker
  private var preparer: EntryPreparer

  /// - Parameters:
  ///   - secret: of the journal; 32 bytes.
  ///   - makesDirectly: false to take the long way with every line, which says what is right.
  package init(
    _ format: LogFormat, _ settings: LogSettings, secret: [UInt8], makesDirectly: Bool = true
  ) {
    self.makesDirectly = makesDirectly
    let plan = InputPlan(label: "", paths: [], format: format, settings: settings)
    longWay = LineIntake(plan, index: 0, secret: secret)
    maker = LineEntryMaker(format, settings, digests: LineDigests(secret: secret))
    preparer = EntryPreparer(secret: secret)
  }

  /// Reads a chunk of lines of the input with this label.
  ///
  /// - Parameter buffer: memory for the entries.
  package mutating func read(
    _ chunk: LineChunk, label: String, buffer: consuming [UInt8] = []
  ) -> IntakeBatch {
    var batch = IntakeBatch(
      label: label, byteCount: chunk.bytes.count, lineCount: chunk.lines.count, buffer: buffer)
    longWay.report = InputReport(label: label)
    if makesDirectly { maker.begin(chunk) }
    for (number, line) in chunk.lines.enumerated() {
      take(line, number, chunk.bytes(of: line), chunk.path, &batch)
    }
    if makesDirectly { batch.setKeys(&maker) }
    batch.finish(longWay.report)
    return batch
  }

  private mutating func take(
    _ line: LineChunk.Line, _ number: Int, _ bytes: Span<UInt8>, _ path: String,
    _ batch: inout IntakeBatch
  ) {
    let place = line.place
    if makesDirectly, !place.isOverlong,
      batch.makeEntry(
        bytes, number: number, &maker, byteCount: place.byteCount + (place.isTerminated ? 1 : 0))
    {
      return
    }
    let record = longWay.take(
      place, bytes, path: path, overlongDigest: line.overlongDigest
    ) { rejected, _ throws(Never) in batch.add(rejected) }
    if let record { batch.add(record, preparer.prepare(record)) }
  }
}
