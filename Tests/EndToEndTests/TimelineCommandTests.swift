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
    let browser = try Browser(in: journal.folder)
    let rows = "document.querySelectorAll('#rows tbody tr').length"

    try browser.open(page)
    let whole = try browser.number(rows)
    let document = try browser.text("document.body.innerHTML")
    #expect(whole > 100 && document.contains("\(whole) of \(whole) rows"))
    #expect(document.contains("class=\"run") && document.contains("class=\"bad"))
    #expect(document.contains("caddy/edge</text>") && document.contains("luigi/host</text>"))
    #expect(!document.contains("<img"))

    try browser.press("/")
    #expect(try browser.text("document.activeElement.id") == "filter")
    try browser.type("LUIGI load")
    let matching = try browser.number(rows)
    #expect(matching > 4 && matching < whole)
    try browser.evaluate("document.getElementById('filter').value = ''")
    try browser.type(" ")
    try browser.evaluate("document.getElementById('chart').focus()")
    try browser.press("+")
    try browser.press("+")
    #expect(try browser.number(rows) < whole)
    try browser.press("Home")
    #expect(try browser.number(rows) == whole)
    #expect(try browser.tabStops() >= 7)

    // The same words in a link filter as they do when typed.
    try browser.open(page, "#filter=luigi+load")
    #expect(try browser.number(rows) == matching)
    try browser.open(page, "#filter=luigi+load&from=2026-11-24T05:00:00Z&to=2026-11-24T09:00:00Z")
    #expect(try browser.number(rows) == 4)
    #expect(
      try browser.text("document.getElementById('status').textContent")
        == "4 of \(whole) rows, 2026-11-24T05:00:00Z to 2026-11-24T09:00:00Z")
    try browser.checkReading(page)
    try browser.close()
  }
}
