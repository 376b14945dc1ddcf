import Foundation
import Report
import Testing

/// `report.html` of an evidence package in a real browser.
@Suite("Report page", .serialized)
struct ReportPageTests {
  @Test(
    "in Chromium the report of sixty days says verdicts, counts and completeness at once, can be read and printed, and asks for nothing",
    .enabled(if: Browser.isWanted, "Chromium is not installed, and nothing demands it"))
  func sixtyDays() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = try ForensicJournal.sixtyDays(in: folder)
    let ran = try BuiltTool.run([
      "export", "--journal", journal, "--out", folder.path("package"), "--standard", "pci-dss",
      "--config", ForensicJournal.sixtyDaysConfiguration, "--format", "html",
    ])
    #expect(ran.status == 0, "\(ran.errors)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("package/manifest.json")))
    let manifest = try Manifest(Array(bytes))
    let page = folder.path("package/report.html")
    let browser = try Browser(in: folder)
    try browser.open(page)

    // In the first window, without scrolling.
    let first = try browser.texts(
      """
      [...document.querySelectorAll(".cards div, .complete")]
        .filter((one) => one.getBoundingClientRect().bottom < innerHeight)
        .map((one) => one.innerText.replace(/\\s+/g, " "))
      """)
    for table in manifest.tables where table.name != TableName.controls {
      #expect(first.contains("\(table.name) \(Quantity.count(table.rowCount))"), "\(first)")
    }
    let controls = try #require(manifest.table(TableName.controls))
    for total in controls.totals {
      let words = total.name.replacing("_", with: " ")
      #expect(first.contains("controls: \(words) \(Int(total.value))"), "\(first)")
    }
    #expect(first.last?.contains("entry of the journal from 0 to") == true)

    #expect(
      try browser.number("document.querySelectorAll('.glance a').length") == controls.rowCount)
    #expect(try browser.number("document.querySelectorAll('svg .bar').length") > 60)
    #expect(try browser.number("document.querySelectorAll('svg .cell').length") == 168)
    try checkKeyboard(browser)
    try browser.checkReading(page)
    try browser.close()
  }

  /// Links lead where they say, and the first one past the head.
  private func checkKeyboard(_ browser: Browser) throws {
    try browser.press("Tab")
    #expect(try browser.text("document.activeElement.className") == "skip")
    #expect(
      try browser.number("Math.round(document.activeElement.getBoundingClientRect().left)") >= 0)
    try browser.press("Enter")
    #expect(try browser.text("document.activeElement.id") == "main")
    let dead = try browser.texts(
      """
      [...document.querySelectorAll("a")].map((one) => one.getAttribute("href"))
        .filter((href) => !href.startsWith("#") || !document.getElementById(href.slice(1)))
      """)
    #expect(dead.isEmpty, "\(dead)")
    // Every link and every table that scrolls by itself.
    #expect(
      try browser.tabStops()
        == browser.number("document.querySelectorAll('a, [tabindex=\"0\"]').length"))
  }

  @Test(
    "a report without a standard, of names that mean harm, is text and nothing else",
    .enabled(if: Browser.isWanted, "Chromium is not installed, and nothing demands it"))
  func hostile() throws {
    let journal = try ForensicJournal()
    defer { journal.folder.remove() }
    let package = journal.folder.path("package")
    let ran = try journal.run("export", ["--out", package, "--format", "html"])
    #expect(ran.status == 0, "\(ran.errors)")
    let browser = try Browser(in: journal.folder)
    try browser.checkReading(package + "/report.html")
    #expect(try browser.number("document.querySelectorAll('img, script').length") == 0)
    #expect(try browser.text("document.body.innerText").contains("eve\\u{1b}[2J"))
    try browser.close()
  }
}
