/// Takes the secrets out of JSON objects of our own, by the rules that hold for lines of logs.
package struct ObjectRedactor: Sendable {
  private var redactor: LineRedactor
  private var document = JSONDocument()

  package init(_ list: RedactionList) { redactor = LineRedactor(list) }

  /// The object without secrets; the same bytes where there is none, and `{}` for what is no JSON.
  package mutating func redacted(_ object: [UInt8]) -> [UInt8] {
    do { try document.parse(object.span) } catch { return Array("{}".utf8) }
    return redactor.redacted(document) ?? object
  }
}
