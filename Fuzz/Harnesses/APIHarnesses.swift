import GatewayAndScheduler
import Ingest

extension Harness {
  static let api: [Harness] = [
    Harness(
      "trigger-body", byteCountMax: 20 << 10,
      words: [
        "{\"params\":", "\"verdict\":\"give\"", "\"reason\":", "\\u0061", "\\\\\"", "\n", "\t",
        "}}",
      ],
      seeds: {
        texts(
          "{\"params\":{\"day\":\"2026-11-24\",\"n\":[1, 2.50 ,null]}}", "{}", "",
          "{ \"params\" : { \"a\\\"b\" : \"\\n \\\\\" } }",
          "{\"verdict\":\"give\",\"reason\":\"ok\"}",
          "{\"reason\":\"runs away\"}", "{\"params\":[]}", "{\"params\":{\"a\":1,\"\\u0061\":2}}")
      }, run: TriggerBodyProperties.run)
  ]
}

/// What a body of the trigger API is taken for.
enum TriggerBodyProperties {
  static func run(_ bytes: [UInt8]) throws {
    try parameters(bytes)
    var verdict: (gives: Bool, reason: String?)?
    do { verdict = try APIBody.verdict(bytes) } catch { try legible(error) }
    try require((verdict?.reason?.utf8.count ?? 0) <= 500, "a long reason")
    do { _ = try APIBody.reason(bytes) } catch { try legible(error) }
  }

  /// Parameters are one line of JSON, an object, with the same values and read as the same again.
  private static func parameters(_ bytes: [UInt8]) throws {
    let taken: [UInt8]
    do { taken = try APIBody.parameters(bytes) } catch { return try legible(error) }
    try require(taken.count <= max(2, bytes.count), "\(taken.count) bytes out of \(bytes.count)")
    try require(taken.allSatisfy { $0 >= 0x20 }, "more than one line")
    var document = JSONDocument()
    do { try document.parse(taken.span) } catch {
      throw BrokenProperty(description: "parameters that are no JSON: \(error)")
    }
    try require(document.kind(document.root) == .object, "parameters that are no object")
    let again = Array("{\"params\":".utf8) + taken + Array("}".utf8)
    guard again.count <= APIBody.byteCountMax else { return }
    let second: [UInt8]
    do { second = try APIBody.parameters(again) } catch {
      throw BrokenProperty(description: "parameters are refused when they come again: \(error)")
    }
    try require(second == taken, "parameters change when they come again")
  }

  private static func legible(_ error: APIBodyError) throws {
    if case .unfit(let reasons) = error {
      try require(!reasons.isEmpty && reasons.count <= 10, "\(reasons.count) reasons")
      for reason in reasons { try requireLegible(reason) }
    }
  }
}
