import Detect
import Foundation
import Ingest
import Testing

@Suite struct CommandSinkTests {
  private func deliver(
    _ script: String, timeout: String = "10s", in bench: SinkBench,
    _ notification: AlertNotification = SinkBench.notification()
  ) async throws -> AlertOutcome {
    let path = bench.folder.path("script")
    try Data("\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
    // Read by a shell, not run: while another test forks, a file just written is busy.
    let sink = try bench.sink(
      #"{type: "command", command: ["/bin/sh", "\#(path)", "$(id) ; *", "two"], "#
        + #"timeout: "\#(timeout)"}"#)
    return await sink.deliver(notification)
  }

  @Test("the program gets the JSON, its arguments as they are, and next to nothing else")
  func delivered() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let own = bench.folder.path("")
    let outcome = try await deliver(
      #"cat > \#(own)/input; printf '%s|' "$@" > \#(own)/words; /usr/bin/env > \#(own)/environment; "#
        + #"ps -o pgid= $$ > \#(own)/group; echo $$ >> \#(own)/group; ls /proc/$$/fd > \#(own)/open"#,
      in: bench)
    #expect(outcome == .delivered)
    #expect(try bench.objects("input").first?["type"] as? String == "alert.raised")
    #expect(bench.text("input").hasSuffix("}}\n"))
    #expect(bench.text("words") == "$(id) ; *|two|")
    let names = bench.text("environment").split(separator: "\n").map { $0.prefix { $0 != "=" } }
    let allowed: Set<Substring> = [
      "PATH", "LANG", "VIGIL_ALERT_KEY", "VIGIL_ALERT_EVENT", "PWD", "SHLVL", "OLDPWD", "_",
    ]
    #expect(Set(names).isSubset(of: allowed), "\(names)")
    let group = bench.text("group").split(whereSeparator: { $0 == "\n" || $0 == " " })
    #expect(group.count == 2 && group[0] == group[1], "\(group)")
  }

  @Test(
    "0 is delivered, 75 is asked again, all else refuses",
    arguments: [
      ("exit 0", "delivered"), ("exit 75", "retry"), ("exit 1", "refused"), ("exit 74", "refused"),
      ("exit 255", "refused"), ("kill -TERM $$", "retry"),
    ])
  func statuses(script: String, expected: String) async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let outcome = try await deliver(script, in: bench)
    #expect("\(outcome)".contains(expected), "\(outcome)")
  }

  @Test("one that does not end is killed with all that it started")
  func late() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let own = bench.folder.path("")
    let outcome = try await deliver(
      "trap '' TERM INT; sleep 1000 & echo $! > \(own)/child; wait", timeout: "1s", in: bench)
    #expect(SinkBench.retryReason(outcome)?.contains("killed after") == true, "\(outcome)")
    let text = bench.text("child").trimmingCharacters(in: .whitespacesAndNewlines)
    try expectGone(try #require(Int32(text), "\(text)"))
  }

  private func expectGone(_ child: Int32) throws {
    // The signal is sent when the sink returns; the child may take a moment to be gone.
    var state = ""
    for _ in 0..<2000 {
      state = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
      if state.isEmpty || state.contains(") Z") { break }
      usleep(5000)  // between two looks
    }
    #expect(state.isEmpty || state.contains(") Z"), "\(state)")
  }

  @Test("one that reads nothing, or fills its outputs, is no trouble")
  func noise() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let outcome = try await deliver(
      "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 0", in: bench,
      SinkBench.notification(text: String(repeating: "x", count: 300_000)))
    #expect(outcome == .delivered)
  }

  @Test("cancelling ends it")
  func cancelled() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let own = bench.folder.path("")
    let task = Task {
      try await deliver("sleep 1000 & echo $! > \(own)/child; wait", timeout: "60s", in: bench)
    }
    // Off the tasks' threads: the delivery needs one.
    let child = try await Task.detached { () throws -> Int32? in
      for _ in 0..<12_000 {
        let text = bench.text("child").trimmingCharacters(in: .whitespacesAndNewlines)
        if let child = Int32(text) { return child }
        try await Task.sleep(for: .milliseconds(5), clock: ContinuousClock())  // between two looks
      }
      return nil
    }.value
    task.cancel()
    #expect(SinkBench.retryReason(try await task.value) == "command: cancelled")
    try expectGone(try #require(child))
  }

  @Test("many at once wait for nobody's thread")
  func crowd() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let count = ProcessInfo.processInfo.activeProcessorCount + 20
    let folder = bench.folder.path("there")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let script =
      "echo > \(folder)/$$; while [ $(ls \(folder) | wc -l) -lt \(count) ]; do sleep 0.1; done"
    try Data("\(script)\n".utf8).write(to: URL(fileURLWithPath: bench.folder.path("script")))
    let sink = try bench.sink(
      #"{type: "command", command: ["/bin/sh", "\#(bench.folder.path("script"))"], "#
        + #"timeout: "12s"}"#)
    let outcomes = await withTaskGroup(of: AlertOutcome.self) { group in
      for _ in 1...count { group.addTask { await sink.deliver(SinkBench.notification()) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes == Array(repeating: .delivered, count: count))
  }

  @Test("a program that is not there is told before anything is sent")
  func missing() throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    #expect(throws: (any Error).self) {
      try bench.sink(#"{type: "command", command: ["/nowhere/at/all"]}"#)
    }
  }
}

@Suite struct FileSinkTests {
  @Test("each notification is one line, and a file that was moved away stays what it was")
  func rotation() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let sink = try bench.sink(#"{type: "file", path: "alerts.jsonl"}"#)
    for key in 1...3 {
      #expect(await sink.deliver(SinkBench.notification(key: key)) == .delivered)
    }
    try FileManager.default.moveItem(
      atPath: bench.folder.path("alerts.jsonl"), toPath: bench.folder.path("alerts.1"))
    for key in 4...5 {
      #expect(await sink.deliver(SinkBench.notification(key: key)) == .delivered)
    }
    #expect(try keys(bench, "alerts.1") == [1, 2, 3])
    #expect(try keys(bench, "alerts.jsonl") == [4, 5])
    let mode =
      try FileManager.default.attributesOfItem(
        atPath: bench.folder.path("alerts.jsonl"))[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test("a line that a crash cut short stays one bad line")
  func torn() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    try Data(#"{"type":"alert.ra"#.utf8)
      .write(to: URL(fileURLWithPath: bench.folder.path("alerts.jsonl")))
    let sink = try bench.sink(#"{type: "file", path: "alerts.jsonl"}"#)
    #expect(await sink.deliver(SinkBench.notification()) == .delivered)
    let lines = bench.text("alerts.jsonl").split(separator: "\n")
    #expect(lines.count == 2 && lines[0] == #"{"type":"alert.ra"#)
    #expect(lines.last?.hasPrefix(#"{"type":"alert.raised""#) == true)
  }

  @Test("many at once, of several sinks on one file, lose and mix nothing")
  func concurrent() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let sinks = try (0..<4).map { _ in try bench.sink(#"{type: "file", path: "alerts.jsonl"}"#) }
    let delivered = await withTaskGroup(of: Int?.self) { group in
      for key in 1...40 {
        group.addTask {
          let sink = sinks[key % sinks.count]
          return await sink.deliver(SinkBench.notification(key: key)) == .delivered ? key : nil
        }
      }
      var keys: [Int] = []
      for await key in group { if let key { keys.append(key) } }
      return keys.sorted()
    }
    #expect(delivered == Array(1...40))
    #expect(try keys(bench, "alerts.jsonl").sorted() == delivered)
  }

  @Test("while another process writes, a message comes again")
  func locked() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let sink = try bench.sink(#"{type: "file", path: "alerts.jsonl"}"#)
    let storage = try PosixStorage(directory: bench.folder.path(""), creating: false)
    let other = try #require(try storage.lock("alerts.jsonl.lock"))
    let reason = SinkBench.retryReason(await sink.deliver(SinkBench.notification()))
    #expect(reason == "file: another process is writing to it")
    withExtendedLifetime(other) {}
  }

  @Test("its time limit and a cancellation hold while nothing gets on, and no line comes later")
  func stalled() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let sink = try bench.sink(#"{type: "file", path: "alerts.jsonl", timeout: "1s"}"#)
    let patient = try bench.sink(#"{type: "file", path: "alerts.jsonl", timeout: "60s"}"#)
    let storage = try PosixStorage(directory: bench.folder.path(""), creating: false)
    let other = try #require(try storage.lock("alerts.jsonl.lock"))
    // Each waits a second for the lock, one after the other.
    let reasons = await withTaskGroup(of: String?.self) { group in
      for key in 1...12 {
        group.addTask {
          SinkBench.retryReason(await sink.deliver(SinkBench.notification(key: key)))
        }
      }
      return await group.reduce(into: []) { $0.append($1 ?? "") }
    }
    #expect(reasons.contains("file: not written within 1.0 seconds"), "\(reasons)")
    let task = Task { await patient.deliver(SinkBench.notification(key: 13)) }
    task.cancel()
    #expect(SinkBench.retryReason(await task.value) == "file: cancelled")
    withExtendedLifetime(other) {}
    #expect(bench.text("alerts.jsonl").isEmpty)
  }

  @Test("a folder that is not there, and a link in the file's place, are told and may pass later")
  func unwritable() async throws {
    let bench = try SinkBench()
    defer { bench.folder.remove() }
    let sink = try bench.sink(#"{type: "file", path: "none/alerts.jsonl"}"#)
    let outcome = await sink.deliver(SinkBench.notification())
    #expect(SinkBench.retryReason(outcome)?.contains("no such file") == true, "\(outcome)")
    try FileManager.default.createSymbolicLink(
      atPath: bench.folder.path("link.jsonl"), withDestinationPath: "/dev/full")
    let linked = try bench.sink(#"{type: "file", path: "link.jsonl"}"#)
    #expect(SinkBench.retryReason(await linked.deliver(SinkBench.notification())) != nil)
  }

  private func keys(_ bench: SinkBench, _ name: String) throws -> [Int] {
    try bench.objects(name).map { object in
      let data = try #require(object["data"] as? [String: Any])
      let text = try #require(data["key"] as? String)
      return try #require(Int(text, radix: 16))
    }
  }
}
