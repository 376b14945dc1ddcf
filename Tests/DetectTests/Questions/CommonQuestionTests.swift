import Detect
import Foundation
import Ingest
import TestSupport
import Testing

@Suite struct CommonQuestionTests {
  private static let secret = CommonQuestion.Secret(1, 2)

  private func answer(
    _ gateway: String, _ runs: String, threads: Int = 1, chunk: Int = 4 << 20,
    piece: Int = 256 << 10
  ) throws -> CommonAnswer {
    let folder = try TemporaryDirectory()
    let (first, second) = ("\(folder.path)/gateway", "\(folder.path)/runs")
    try Data(gateway.utf8).write(to: URL(filePath: first))
    try Data(runs.utf8).write(to: URL(filePath: second))
    let crew = ChunkCrew(threadCount: threads, chunkByteCount: chunk, pieceByteCount: piece)
    return try CommonQuestion(crew, CommonQuestionTests.secret).answer(gateway: first, runs: second)
  }

  private func trigger(
    _ id: String, _ user: String, hour: Int = 9, status: String = "202",
    uri: String = "/jobs/a/runs",
    method: String = "POST"
  ) -> String {
    // 2025-01-06 was a Monday.
    let ts = "\(1_736_121_600 + hour * 3600).5"
    return "{\"ts\":\(ts),\"request\":{\"method\":\"\(method)\",\"uri\":\"\(uri)\"},"
      + "\"user_id\":\"\(user)\",\"status\":\(status),\"resp_headers\":{\"X-Request-Id\":[\"\(id)\"]}}\n"
  }

  private func requested(_ id: String, _ run: String, _ job: String = "a") -> String {
    "{\"schema\":\"trigger-event/1\",\"ts\":1,\"event\":\"run.requested\",\"run_id\":\"\(run)\","
      + "\"job\":\"\(job)\",\"request_id\":\"\(id)\"}\n"
  }

  private func exited(_ id: String, _ run: String, _ seconds: Double, _ job: String = "a") -> String
  {
    "{\"schema\":\"trigger-event/1\",\"ts\":1,\"event\":\"run.exited\",\"run_id\":\"\(run)\","
      + "\"request_id\":\"\(id)\",\"job\":\"\(job)\",\"exit_code\":0,\"seconds\":\(seconds)}\n"
  }

  private func uuid(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  private func text(_ answer: CommonAnswer) -> [String] {
    answer.lines.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("an hour that a principal hardly ever comes at is named, from 50 joined runs on")
  func offhours() throws {
    for (count, expected) in [(199, 0), (200, 1)] {
      var gateway = trigger(uuid(999), "eve", hour: 30)
      var runs = requested(uuid(999), uuid(1999))
      for number in 0..<count {
        gateway += trigger(uuid(number), "eve")
        runs += requested(uuid(number), uuid(1000 + number))
      }
      // Too few of his own to say.
      gateway += trigger(uuid(888), "bob", hour: 40)
      runs += requested(uuid(888), uuid(1888))
      let answer = try answer(gateway, runs)
      #expect(answer.counts.joined == count + 2)
      #expect(text(answer) == Array(repeating: "offhours\t\(uuid(1999))\ta\teve", count: expected))
    }
  }

  @Test("a run far longer than its job takes is named, with the principal where there is one")
  func runaway() throws {
    let gateway = trigger(uuid(9), "bo")
    var runs = ""
    for number in 0..<20 { runs += exited(uuid(100 + number), uuid(number), 60 + Double(number)) }
    runs += exited(uuid(9), "run-x", 5000.125) + exited(uuid(10), "run-\\u0009y", 5000.125)
    runs += exited("", "short", 9, "b") + exited("", "none", 0, "b")
    let answer = try answer(gateway, runs)
    #expect(text(answer) == ["runaway\trun-\\x09y\ta\t", "runaway\trun-x\ta\tbo"])
    #expect(answer.counts.runaway == 2)
  }

  @Test(
    "only accepted POSTs to the route are triggers; equal ids count once, empty ones never join")
  func triggers() throws {
    let gateway =
      trigger(uuid(1), "a") + trigger(uuid(1), "b") + trigger(uuid(2), "a", status: "403")
      + trigger(uuid(3), "a", method: "GET") + trigger(uuid(4), "a", uri: "/jobs//runs")
      + trigger(uuid(5), "a", uri: "/jobs/x/y/runs") + trigger(uuid(6), "a", uri: "/jobs/x/runs?y")
      + trigger("", "a") + trigger(uuid(7), "a", uri: "\\/jobs\\/x\\/runs")
      + trigger("Run-1", "a", status: "2.99e2") + trigger(uuid(0xABC).uppercased(), "a")
    let runs =
      requested(uuid(1), "r1") + requested(uuid(7), "r7") + requested("", "r0")
      + requested("Run-1", "x") + requested("run-1", "y") + requested(uuid(0xABC), "z")
      + "{\"schema\":\"luigi-event/1\",\"event\":\"run.requested\",\"request_id\":\"\(uuid(1))\"}\n"
    let counts = try answer(gateway, runs).counts
    #expect(counts.gateway == 11 && counts.events == 7 && counts.triggers == 6)
    #expect(counts.runs == 6 && counts.joined == 3)
    #expect(counts.unmatchedRequests == 3 && counts.unmatchedRuns == 3)
  }

  @Test("white space, order and escapes change nothing")
  func otherLooks() throws {
    let plain = try answer(trigger(uuid(1), "eve"), requested(uuid(1), "r"))
    let gateway =
      "{ \"status\" : 202, \"resp_headers\": {\"X-Request-Id\" : [ \"\(uuid(1))\" ]}, \"user_id\": "
      + "\"e\\u0076e\", \"request\": {\"u\\u0072i\":\"\\/jobs/a/runs\",\"method\":\"POS\\u0054\"},"
      + "\"ts\":1.736154000e9 }\r\n"
    let other = try answer(gateway, requested(uuid(1), "r").replacing(":", with: " : "))
    #expect(other == plain)
    #expect(other.counts.joined == 1)
  }

  @Test(
    "malformed lines are counted and the first ones placed, at any chunk size; nothing else is lost"
  )
  func malformed() throws {
    let gateway =
      "{\"a\n" + trigger(uuid(1), "eve") + "[1]\n\n" + trigger(uuid(2), "eve")
      + "{\"a\":1,\"a\":2}\n"
      + "\"\n" + trigger(uuid(3), "eve") + "{}"
    let runs = requested(uuid(3), "r") + "x"
    let expected = try answer(gateway, runs)
    #expect(expected.counts.malformed == 5 && expected.counts.triggers == 3)
    #expect(expected.counts.gateway == 8 && expected.counts.joined == 1)
    #expect(
      expected.malformedGateway.map(\.reason)
        == ["unexpected_end", "no_object", "duplicate_key", "unexpected_end"])
    #expect(expected.malformedGateway.first?.byteOffset == 0)
    #expect(expected.malformedRuns.map(\.reason) == ["unexpected_byte"])
    for chunk in [1, 3, 7, 50, 200] {
      #expect(try answer(gateway, runs, threads: 2, chunk: chunk, piece: 5) == expected)
    }
  }

  @Test(
    "the answer is one for any number of threads, chunks and pieces", arguments: [1, 2] as [UInt64])
  func determinism(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var (gateway, runs) = ("", "")
    for number in 0..<1500 {
      let user = "user-\(Int.random(in: 0..<3, using: &random))"
      let hour = Int.random(in: 0..<400, using: &random) == 0 ? 77 : 9 + number % 2
      let id = number % 7 == 0 ? "id-\(number / 14)" : uuid(number)
      gateway += trigger(id, user, hour: hour)
      if number % 50 == 0 { gateway += "not json \(number)\n" }
      runs += requested(id, uuid(10_000 + number), "job-\(number % 3)")
      let seconds = Double.random(in: 50...70, using: &random)
      runs += exited(
        id, uuid(10_000 + number), number % 300 == 5 ? 9e5 : seconds, "job-\(number % 3)")
    }
    let expected = try answer(gateway, runs)
    #expect(expected.counts.runaway > 0 && expected.counts.offhours > 0, "seed \(seed)")
    for (threads, chunk, piece) in [
      (2, 1 << 20, 4096), (3, 10_007, 100), (2, 333, 64), (5, 4096, 99_999),
    ] {
      #expect(
        try answer(gateway, runs, threads: threads, chunk: chunk, piece: piece) == expected,
        "seed \(seed): \(threads) threads, \(chunk), \(piece)")
    }
  }

  @Test("a file that is not there is named, and empty ones are no mistake")
  func inputs() throws {
    let crew = ChunkCrew(threadCount: 2)
    #expect(throws: InputError.missing(path: "/nonexistent/x")) {
      try CommonQuestion(crew, CommonQuestionTests.secret)
        .answer(gateway: "/nonexistent/x", runs: "/nonexistent/y")
    }
    #expect(try answer("", "").counts == CommonAnswer.Counts())
  }
}
