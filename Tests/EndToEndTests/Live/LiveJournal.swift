import Foundation
import Testing

/// What the journal of the story says, asked with the tool.
struct LiveJournal {
  private let journal: String
  private let configuration: String

  init(_ journal: String, configuration: String) {
    self.journal = journal
    self.configuration = configuration
  }

  private func activities() throws -> [[String: Any]] {
    let result = try BuiltTool.run(
      ["activity", "--journal", journal, "--config", configuration, "--format", "jsonl"])
    #expect(result.status == 0, "\(result.errors)")
    return try result.objects()
  }

  /// The entries' own objects.
  private func entries() throws -> [[String: Any]] {
    let folder = journal + "/segments"
    return try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      $0.hasSuffix(".jsonl")
    }
    .sorted().flatMap { name in
      try String(contentsOfFile: folder + "/" + name, encoding: .utf8).split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    }
  }

  /// Every accepted trigger is one activity, with principal, decision, run and tasks joined by exact keys, and
  /// one end.
  func expectEveryRun(_ runs: [String: String]) throws {
    let activities = try activities()
    let entries = try entries()
    for (run, principal) in runs {
      let mine = activities.filter { $0["run_id"] as? String == run }
      #expect(mine.count == 1, "run \(run): \(mine.count) activities")
      let activity = try #require(mine.first)
      #expect(activity["principal"] as? String == principal)
      #expect(
        activity["link"] as? String == "run_id" || activity["link"] as? String == "request_id")
      #expect(activity["link_confidence"] as? Double == 1)
      let request = try #require(activity["request_id"] as? String)
      let decisions = entries.filter {
        $0["kind"] as? String == "decision" && $0["request_id"] as? String == request
      }
      #expect(
        Set(decisions.compactMap { $0["source"] as? String }) == [
          "vigil/gateway", "vigil/scheduler",
        ],
        "run \(run): \(decisions)")
      let requests = entries.filter {
        $0["kind"] as? String == "request" && $0["request_id"] as? String == request
      }
      // Caddy's own word, and no second one of ours.
      #expect(
        requests.count == 1 && (requests[0]["source"] as? String)?.hasPrefix("caddy/") == true)
      let ends = entries.filter {
        $0["kind"] as? String == "run" && $0["run_id"] as? String == run
          && $0["source"] as? String == "vigil/scheduler"
          && ["succeeded", "failed", "killed", "timed_out", "lost", "rejected"]
            .contains($0["event"] as? String ?? "")
      }
      #expect(ends.count == 1, "run \(run): \(ends.count) ends")
      let tasks = entries.filter {
        $0["kind"] as? String == "task" && $0["run_id"] as? String == run
      }
      let taskIDs = Set(tasks.compactMap { $0["task_id"] as? String })
      #expect(try taskCount("total", of: activity) == taskIDs.count, "run \(run): \(activity)")
    }
  }

  /// Without tasks an activity has no such object.
  private func taskCount(_ key: String, of activity: [String: Any]) throws -> Int {
    guard let tasks = activity["tasks"] as? [String: Any] else { return 0 }
    return try #require(tasks[key] as? Int, "\(activity)")
  }

  /// Every refusal has its decision record, under the id that the client was given.
  func expectRefusals(_ requestIDs: [String]) throws {
    let denied = try entries().filter {
      $0["kind"] as? String == "decision" && $0["effect"] as? String == "deny"
    }
    let recorded = Set(denied.compactMap { $0["request_id"] as? String })
    #expect(requestIDs.count >= 8)
    for id in requestIDs { #expect(recorded.contains(id), "refusal \(id) is not recorded") }
  }

  /// What no handler saw is told all the same, by status.
  func expectFailedRequests(_ expected: [Int: Int]) throws {
    let failed = try entries().filter {
      $0["event"] as? String == "request_failed" && $0["source"] as? String == "vigil/gateway"
    }
    let counts = Dictionary(grouping: failed) { $0["status"] as? Int ?? 0 }.mapValues(\.count)
    #expect(counts == expected, "\(failed)")
  }

  /// The six tasks with their second try, the failing one, the one that was ended.
  func expectLuigi() throws {
    let entries = try entries().filter { $0["kind"] as? String == "task" }
    func events(_ task: String, _ event: String, of job: String) throws -> Int {
      let runs = Set(
        try activities().filter { $0["job"] as? String == job }.compactMap {
          $0["run_id"] as? String
        })
      return entries.count {
        $0["task"] as? String == task && $0["event"] as? String == event
          && runs.contains($0["run_id"] as? String ?? "")
      }
    }
    for task in ["ExtractOrders", "ExtractCustomers", "Join", "Aggregate", "Render", "Publish"] {
      #expect(try events(task, "succeeded", of: "publish") == 1, "\(task)")
    }
    #expect(try events("Join", "failed", of: "publish") == 1)
    #expect(try events("Join", "started", of: "publish") == 2)
    #expect(try events("Failing", "failed", of: "failing") >= 1)
    #expect(try events("Stuck", "started", of: "stuck") == 2)
    let published = try activities().filter {
      // A trigger that was refused has no run.
      $0["job"] as? String == "publish" && $0["run_id"] != nil
    }
    #expect(published.count == 1)
    for activity in published {
      #expect(try taskCount("total", of: activity) == 6, "\(activity)")
      #expect(try taskCount("succeeded", of: activity) == 6, "\(activity)")
      #expect(try taskCount("failed", of: activity) == 0, "\(activity)")
    }
    // A secret in an exception is nowhere in the journal.
    let text = try FileManager.default.contentsOfDirectory(atPath: journal + "/segments")
      .filter { $0.hasSuffix(".jsonl") }
      .map { try String(contentsOfFile: journal + "/segments/" + $0, encoding: .utf8) }.joined()
    #expect(!text.contains("hunter2"))
  }

  /// Nothing was lost between gateway and scheduler; what went round them, and the old token, are found.
  func expectFindings(runsByHand: Int) throws {
    let result = try BuiltTool.run(
      ["detect", "--journal", journal, "--config", configuration, "--format", "jsonl"])
    #expect(result.status == 0, "\(result.errors)")
    let findings = try result.objects()
    func count(_ rule: String) -> Int { findings.count { $0["rule"] as? String == rule } }
    let lost = findings.filter { $0["rule"] as? String == "request_without_run" }
    #expect(lost.isEmpty, "\(lost)")
    #expect(count("run_without_request") == runsByHand)
    #expect(count("token_after_rotation") == 1)
    let raised = try entries().filter {
      $0["kind"] as? String == "alert" && $0["event"] as? String == "raised"
    }
    let rules = raised.compactMap { ($0["finding"] as? [String: Any])?["rule"] as? String }
    #expect(rules.contains("token_after_rotation"), "raised live: \(rules)")
    let ids = raised.compactMap { $0["finding_id"] as? String }
    #expect(Set(ids).count == ids.count, "raised twice")
    let replayed = Set(findings.compactMap { $0["finding_id"] as? String })
    #expect(Set(ids).isSubset(of: replayed), "raised live and not said by a replay: \(raised)")
  }
}
