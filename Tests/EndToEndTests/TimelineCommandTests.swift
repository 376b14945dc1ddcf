import Foundation
import Testing

/// `vigil timeline` as text, and its page in a real browser.
@Suite("Timeline command", .serialized)
struct TimelineCommandTests {
  @Test(
    "table and JSON Lines hold the same records, in the order of the journal, and say what was cut")
  func text() throws {
    let journal = try ForensicJournal()
    defer { journal.folder.remove() }
    let objects = try journal.run("timeline", ["--run", "r2", "--format", "jsonl"]).objects()
    let records = objects.filter { $0["type"] as? String == "record" }
    #expect(
      records.compactMap { $0["kind"] as? String }.sorted() == ["request", "run", "run", "task"])
    let indexes = records.compactMap { $0["index"] as? Int }
    #expect(indexes == indexes.sorted())
    let cut = try journal.run("timeline", ["--job", "etl", "--limit", "10"])
    #expect(cut.output.contains("cut: ") && cut.output.contains("more records"))
    let hostile = try journal.run("timeline", ["--principal", ForensicJournal.hostile])
    #expect(
      hostile.status == 0 && hostile.output.isHarmless && hostile.output.contains("eve\\u{1b}"))
    let address = try journal.run(
      "timeline", ["--ip", "10.0.0.1", "--where", "kind=request", "--format", "jsonl"])
    #expect(
      try address.objects().filter { $0["type"] as? String == "record" }
        .allSatisfy { $0["kind"] as? String == "request" })
    #expect(
      try journal.run("timeline", ["--run", "nobody"]).errors.contains("nothing touches run"))
    #expect(try journal.run("timeline", ["--run", "a", "--job", "b"]).status == 2)
  }

  @Test(
    "in Chromium the page is drawn, filtered by typing, zoomed by keys and links, and asks for nothing",
    .enabled(if: Browser.isWanted, "Chromium is not installed, and nothing demands it"))
  func browser() throws {
    let journal = try ForensicJournal()
    defer { journal.folder.remove() }
    let made = try journal.run("timeline", ["--job", "etl", "--format", "html"])
    #expect(made.status == 0, "\(made.errors)")
    let page = journal.folder.path("page.html")
    try made.output.write(toFile: page, atomically: true, encoding: .utf8)
    let browser = Browser(folder: journal.folder)

    let whole = try browser.dump(page)
    let rows = whole.components(separatedBy: "<tr").count - 2
    #expect(rows > 100 && whole.contains("\(rows) of \(rows) rows"))
    #expect(whole.contains("class=\"run") && whole.contains("class=\"bad"))
    #expect(whole.contains("caddy/edge</text>") && whole.contains("luigi/host</text>"))
    #expect(!whole.contains("<img"))
    let linked = try browser.dump(
      page, "#filter=luigi+load&from=2026-11-24T05:00:00Z&to=2026-11-24T09:00:00Z")
    let found = linked.components(separatedBy: "<tr").count - 2
    #expect(
      found == 4
        && linked.contains("4 of \(rows) rows, 2026-11-24T05:00:00Z to 2026-11-24T09:00:00Z"))

    let result = try browser.drive(page, width: 1280)
    #expect(result["rows"] as? Int == rows)
    // What is typed filters as the same words in a link do.
    let filtered = try browser.dump(page, "#filter=luigi+load")
    let matching = filtered.components(separatedBy: "<tr").count - 2
    #expect(matching > 4 && matching < rows)
    #expect(result["typed"] as? Int == matching)
    #expect((result["zoomed"] as? Int ?? rows) < rows)
    #expect(result["home"] as? Int == rows)
    #expect(result["slash"] as? String == "filter")
    #expect(result["requests"] as? Int == 0)
    #expect(result["focusable"] as? Int ?? 0 >= 7)
    for width in [1280, 390] {
      let narrow = try browser.drive(page, width: width)
      #expect(narrow["overflow"] as? Int == 0, "\(width) pixels")
      let picture = try browser.screenshot(page, width: width)
      #expect(picture.count > 20_000, "\(width) pixels: \(picture.count) bytes")
      #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }
}

/// Debian's Chromium without a window.
struct Browser {
  private static let path = "/usr/bin/chromium"
  private static var isRequired: Bool {
    ProcessInfo.processInfo.environment["VIGIL_TEST_BROWSER"] == "required"
  }

  /// Installed, or demanded: then its absence fails.
  static var isWanted: Bool { FileManager.default.isExecutableFile(atPath: path) || isRequired }

  let folder: TemporaryFolder

  /// The document after its script ran.
  func dump(_ page: String, _ fragment: String = "", width: Int = 1280) throws -> String {
    try run(["--dump-dom"], page, fragment, width)
  }

  func screenshot(_ page: String, width: Int) throws -> Data {
    let path = folder.path("screenshot-\(width).png")
    _ = try run(["--screenshot=\(path)"], page, "", width)
    return try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// What a hand on the keyboard sees: the page without its policy, and a script behind its own.
  func drive(_ page: String, width: Int) throws -> [String: Any] {
    let text = try String(contentsOfFile: page, encoding: .utf8)
    let start = try #require(text.range(of: "<meta http-equiv"))
    let end = try #require(text.range(of: ">\n", range: start.lowerBound..<text.endIndex))
    var open = text
    open.removeSubrange(start.lowerBound..<end.upperBound)
    let copy = folder.path("driven.html")
    try open.replacing(
      "</body>", with: "<pre id=\"told\"></pre><script>\(Browser.script)</script></body>"
    )
    .write(toFile: copy, atomically: true, encoding: .utf8)
    let document = try dump(copy, width: width)
    let told = try #require(document.range(of: "<pre id=\"told\">"))
    let close = try #require(
      document.range(of: "</pre>", range: told.upperBound..<document.endIndex))
    let json = Data(document[told.upperBound..<close.lowerBound].utf8)
    return try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
  }

  private static let script = """
    const count = () => document.querySelectorAll("#rows tbody tr").length;
    const input = document.getElementById("filter"), chart = document.getElementById("chart");
    const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const told = { rows: count() };
    input.focus();
    input.value = "LUIGI load";
    input.dispatchEvent(new Event("input"));
    told.typed = count();
    input.value = "";
    input.dispatchEvent(new Event("input"));
    chart.focus();
    press(chart, "+");
    press(chart, "+");
    told.zoomed = count();
    press(chart, "Home");
    told.home = count();
    press(document, "/");
    told.slash = document.activeElement.id;
    told.focusable = [...document.querySelectorAll("button, input, [tabindex]")].filter((one) => one.tabIndex >= 0 && !one.hidden).length;
    told.overflow = Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth);
    told.requests = performance.getEntriesByType("resource").length;
    document.getElementById("told").textContent = JSON.stringify(told);
    """

  private func run(
    _ words: [String], _ page: String, _ fragment: String, _ width: Int
  ) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments =
      [
        "120", Browser.path, "--headless", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--no-first-run", "--user-data-dir=\(folder.path("profile"))",
        "--window-size=\(width),1000",
      ] + words + ["file://\(page)\(fragment)"]
    let output = folder.path("browser-output")
    #expect(FileManager.default.createFile(atPath: output, contents: nil))
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "chromium ended with \(process.terminationStatus)")
    return try String(contentsOfFile: output, encoding: .utf8)
  }
}
