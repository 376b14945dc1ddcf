import Foundation
import Ingest
import Testing

@Suite struct JSONWriterTests {
  @Test func fieldsAreWrittenInOrderAndAbsentOnesLeftOut() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("a", 1)
    writer.field("b", nil as String?)
    writer.field("c", "x\"y")
    writer.field("d", [] as [String])
    writer.field("e", ["p", "q"])
    writer.field("f", true)
    writer.field("g", 0.5)
    writer.field("h", 3.0)
    writer.field("i", [1, 2])
    writer.beginObject("j")
    writer.field(named: "k\n", 2)
    writer.field(named: "l", 2.5)
    writer.field(named: "m", "n")
    writer.endObject()
    writer.beginArray("o")
    writer.element(1.5)
    writer.element(2)
    writer.beginObject()
    writer.endObject()
    writer.element("z")
    writer.endArray()
    writer.field("p", json: Array("[null]".utf8))
    writer.field("t", Timestamp(microseconds: 0))
    writer.endObject()
    let text = String(decoding: writer.bytes, as: UTF8.self)
    #expect(
      text == #"{"a":1,"c":"x\"y","e":["p","q"],"f":true,"g":0.5,"h":3,"i":[1,2],"#
        + #""j":{"k\n":2,"l":2.5,"m":"n"},"o":[1.5,2,{},"z"],"p":[null],"#
        + #""t":"1970-01-01T00:00:00.000000Z"}"#)
    writer.removeAll()
    writer.beginObject()
    writer.endObject()
    #expect(writer.bytes == Array("{}".utf8))
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func whateverIsWrittenReadsBack(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    for _ in 0..<100 {
      let text = String(
        String.UnicodeScalarView(
          (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in
            Unicode.Scalar(
              UInt32.random(in: 0...0x10FFFF, using: &random)
                & (random.next() % 3 == 0 ? 0x10FFFF : 0x7F))
          }))
      let number = Double(bitPattern: random.next())
      let whole = Int(truncatingIfNeeded: random.next())
      var writer = JSONWriter()
      writer.beginObject()
      writer.field("text", text)
      writer.field("number", number.isFinite ? number : 0)
      writer.field("whole", whole)
      writer.field(named: "key " + text, 1)
      writer.endObject()
      #expect(!writer.bytes.contains(0x0A))
      var document = JSONDocument()
      try document.parse(writer.bytes.span)
      let root = document.root
      #expect(document.member(root, "text").flatMap { document.string($0) } == text, "seed \(seed)")
      #expect(
        document.member(root, "number").flatMap { document.double($0) }
          == (number.isFinite ? number : 0), "seed \(seed): \(number)")
      #expect(document.member(root, "whole").flatMap { document.integer($0) } == Int64(whole))
      var last = ""
      document.forEachMember(root) { key, _ in last = document.string(key) ?? "" }
      #expect(last == "key " + text, "seed \(seed)")
    }
  }

  @Test(arguments: [
    0.1, 1e15, 1e16, 1e300, Double.leastNonzeroMagnitude, -0.0, 123456789.125, 1e14 + 0.5, -7,
  ])
  func doublesAreWrittenSoThatTheyReadBack(_ value: Double) throws {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("a", value)
    writer.endObject()
    var document = JSONDocument()
    try document.parse(writer.bytes.span)
    #expect(document.member(document.root, "a").flatMap { document.double($0) } == value)
  }
}
