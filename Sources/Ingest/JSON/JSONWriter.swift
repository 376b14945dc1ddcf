/// Appends one JSON object, key by key in the caller's order, to a reused byte buffer.
///
/// No white space, no newline. Numbers are the shortest text that reads back to the same value;
/// a number that is not finite is a programmer's mistake, for JSON has no word for it.
package struct JSONWriter: Sendable {
  /// What has been written so far.
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  /// Forgets what was written, keeping the buffer's capacity.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  /// Opens an object: the outermost one, or an element of an array.
  package mutating func beginObject() {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  /// Opens an object under a key.
  package mutating func beginObject(_ key: StaticString) {
    appendKey(key)
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  package mutating func endObject() {
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  package mutating func beginArray(_ key: StaticString) {
    appendKey(key)
    bytes.append(UInt8(ascii: "["))
    needsComma = false
  }

  package mutating func endArray() {
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  /// Each `field` writes nothing when its value is nil.
  package mutating func field(_ key: StaticString, _ value: String?) {
    guard let value else { return }
    appendKey(key)
    JSONEscape.appendQuoted(value, to: &bytes)
  }

  package mutating func field(_ key: StaticString, _ value: Int?) {
    guard let value else { return }
    appendKey(key)
    bytes.append(contentsOf: value.description.utf8)
  }

  package mutating func field(_ key: StaticString, _ value: Double?) {
    guard let value else { return }
    appendKey(key)
    appendNumber(value)
  }

  package mutating func field(_ key: StaticString, _ value: Bool?) {
    guard let value else { return }
    appendKey(key)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  package mutating func field(_ key: StaticString, _ value: Timestamp?) {
    guard let value else { return }
    appendKey(key)
    bytes.append(UInt8(ascii: "\""))
    value.appendRFC3339(to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes nothing for an empty array: a key without a value is left out.
  package mutating func field(_ key: StaticString, _ values: [String]) {
    guard !values.isEmpty else { return }
    beginArray(key)
    for value in values { element(value) }
    endArray()
  }

  package mutating func field(_ key: StaticString, _ values: [Int]) {
    guard !values.isEmpty else { return }
    beginArray(key)
    for value in values { element(value) }
    endArray()
  }

  /// Writes bytes that are already a JSON text.
  package mutating func field(_ key: StaticString, json: [UInt8]?) {
    guard let json else { return }
    appendKey(key)
    bytes.append(contentsOf: json)
  }

  /// A field whose name comes from data; escaped like any string.
  package mutating func field(named key: String, _ value: String) {
    appendKey(named: key)
    JSONEscape.appendQuoted(value, to: &bytes)
  }

  package mutating func field(named key: String, _ value: Double) {
    appendKey(named: key)
    appendNumber(value)
  }

  package mutating func field(named key: String, _ value: Int) {
    appendKey(named: key)
    bytes.append(contentsOf: value.description.utf8)
  }

  package mutating func field(named key: String, _ value: Bool) {
    appendKey(named: key)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// An array of numbers; an empty one is written, for the name says that it was looked for.
  package mutating func field(named key: String, _ values: [Double]) {
    appendKey(named: key)
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    for value in values { element(value) }
    endArray()
  }

  package mutating func element(_ value: String) {
    separate()
    JSONEscape.appendQuoted(value, to: &bytes)
    needsComma = true
  }

  package mutating func element(_ value: Int) {
    separate()
    bytes.append(contentsOf: value.description.utf8)
    needsComma = true
  }

  package mutating func element(_ value: Double) {
    separate()
    appendNumber(value)
  }

  private mutating func appendNumber(_ value: Double) {
    JSONWriter.append(value, to: &bytes)
    needsComma = true
  }

  /// Appends the number's text. Precondition: it is finite.
  static func append(_ value: Double, to bytes: inout [UInt8]) {
    precondition(value.isFinite, "JSON has no number for \(value)")
    // 3.0 is written 3: the same number, and the shorter text.
    if value == value.rounded(), abs(value) < 1e15 {
      bytes.append(contentsOf: Int64(value).description.utf8)
    } else {
      bytes.append(contentsOf: value.description.utf8)
    }
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func appendKey(named key: String) {
    separate()
    JSONEscape.appendQuoted(key, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    needsComma = true
  }

  /// `,"key":` with one look at the buffer's capacity: an entry has some twenty keys.
  private mutating func appendKey(_ key: StaticString) {
    let isFirst = !needsComma
    needsComma = true
    bytes.append(addingCapacity: key.utf8CodeUnitCount + 4) { output in
      if !isFirst { output.append(UInt8(ascii: ",")) }
      output.append(UInt8(ascii: "\""))
      output.append(copying: key)
      output.append(UInt8(ascii: "\""))
      output.append(UInt8(ascii: ":"))
    }
  }
}

extension OutputSpan<UInt8> {
  /// Appends the bytes of a text. Precondition: there is room for them.
  mutating func append(copying text: StaticString) {
    let length = text.utf8CodeUnitCount
    precondition(length <= freeCapacity, "\(length) bytes into \(freeCapacity)")
    // SAFETY: `length` bytes are free behind the `count` that are filled, by the check above.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      guard let base = buffer.baseAddress else { return }
      unsafe (base + count).update(from: text.utf8Start, count: length)
      count += length
    }
  }
}
