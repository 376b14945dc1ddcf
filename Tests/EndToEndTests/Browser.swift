import Foundation
import Testing

/// Debian's Chromium without a window, with one page, driven over its DevTools pipe as a hand on the
/// keyboard would drive it.
///
/// The page is opened as it is, with its policy; every request that it makes, or tries to, is kept.
final class Browser {
  struct Failure: Error { let message: String }

  private static let path = "/usr/bin/chromium"
  /// Messages read while waiting for one.
  private static let messageCountMax = 100_000

  /// Installed, or demanded as everything is that CI installs: then its absence fails.
  static var isWanted: Bool {
    FileManager.default.isExecutableFile(atPath: path) || GoChecker.isDemanded
  }

  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()
  private var unread = Data()
  private var lastID = 0
  private var session: String?
  /// Addresses of everything that was asked for beside the page itself.
  private(set) var requests: [String] = []
  /// What the console of the page was told to say as errors.
  private(set) var errors: [String] = []
  private var page = ""
  private var address = ""
  private var isLoaded = false

  /// - Parameter folder: where the browser may keep its profile.
  init(in folder: TemporaryFolder) throws {
    guard FileManager.default.isExecutableFile(atPath: Browser.path) else {
      throw Failure(message: "\(Browser.path): not there: expected Debian's chromium")
    }
    // The pipe is read on descriptor 3 and written on 4.
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "exec timeout 240 \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh", Browser.path,
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--disable-background-networking", "--remote-debugging-pipe",
      "--user-data-dir=\(folder.path("profile-\(UUID().uuidString)"))", "about:blank",
    ]
    process.standardInput = commands
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    try process.run()
    try attach()
  }

  deinit { process.terminate() }

  /// Ends the browser and waits for it.
  func close() throws {
    session = nil
    _ = try send("Browser.close")
    process.waitUntilExit()
  }

  private func attach() throws {
    let made = try send("Target.createTarget", ["url": "about:blank"])
    let attached = try send(
      "Target.attachToTarget", ["targetId": made["targetId"] ?? "", "flatten": true])
    session = attached["sessionId"] as? String
    for domain in ["Page", "Network", "Runtime", "Log"] { _ = try send("\(domain).enable") }
  }

  /// Opens a file, so wide and 1,000 high, and waits until it has loaded.
  func open(_ file: String, _ fragment: String = "", width: Int = 1280) throws {
    _ = try send(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false])
    page = "file://\(file)"
    address = page + fragment
    // Left first: another fragment of the same file would load nothing.
    try load("about:blank")
    try load(address)
    // A frame has been drawn.
    _ = try evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
  }

  private func load(_ address: String) throws {
    (requests, errors, isLoaded) = ([], [], false)
    _ = try send("Page.navigate", ["url": address])
    for _ in 0..<Browser.messageCountMax where !isLoaded { try note(receive()) }
  }

  /// Reads as a person does, wide and narrow, by day and by night, and on paper: every text can be read,
  /// nothing is asked for over the network, and nothing is wrong on the console.
  func checkReading(_ file: String) throws {
    for isDark in [false, true] {
      _ = try send(
        "Emulation.setEmulatedMedia",
        ["features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]])
      for width in [1280, 390] {
        try open(file, width: width)
        try PageAudit(self).check("\(width) pixels\(isDark ? ", dark" : "")")
        #expect(requests.isEmpty && errors.isEmpty, "\(requests) \(errors)")
        let picture = try screenshot()
        #expect(picture.count > 20_000 && picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      }
    }
    let paper = String(decoding: try pdf(), as: UTF8.self)
    #expect(paper.hasPrefix("%PDF-"))
    #expect(paper.matches(of: /\/Type\s*\/Page\b/).count > 0, "no page on paper")
  }

  /// Opens the page anew and goes through it by the tabulator; the number of stops, each of which must show where one is.
  func tabStops() throws -> Int {
    let focus = """
      (() => {
        const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
        const isShown = box.width > 1 && box.right > 0 && parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none";
        return at === document.body ? "" : (isShown ? "shown " : "hidden ") + at.tagName + " " + at.id + " " + at.textContent.slice(0, 40);
      })()
      """
    try load("about:blank")
    try load(address)
    for count in 0..<1_000 {
      try press("Tab")
      let stop = try text(focus)
      if stop.isEmpty { return count }
      #expect(stop.hasPrefix("shown"), "\(stop)")
    }
    throw Failure(message: "more than 1,000 stops")
  }

  /// The value of an expression in the page; a promise is waited for.
  @discardableResult
  func evaluate(_ expression: String) throws -> Any? {
    let answer = try send(
      "Runtime.evaluate",
      ["expression": expression, "awaitPromise": true, "returnByValue": true])
    if let thrown = answer["exceptionDetails"] { throw Failure(message: "\(thrown)") }
    return (answer["result"] as? [String: Any])?["value"]
  }

  func number(_ expression: String) throws -> Int {
    try #require(try evaluate(expression) as? Int, "\(expression)")
  }

  func text(_ expression: String) throws -> String {
    try #require(try evaluate(expression) as? String, "\(expression)")
  }

  func texts(_ expression: String) throws -> [String] {
    try #require(try evaluate(expression) as? [String], "\(expression)")
  }

  /// Presses a key by its name, or types one character.
  func press(_ key: String) throws {
    var event: [String: Any] = ["type": "keyDown", "key": key]
    if key.count == 1 { event["text"] = key }
    if let code = ["Tab": 9, "Enter": 13, "Home": 36][key] {
      event["windowsVirtualKeyCode"] = code
    }
    if key == "Enter" { event["text"] = "\r" }
    _ = try send("Input.dispatchKeyEvent", event)
    event["type"] = "keyUp"
    event["text"] = nil
    _ = try send("Input.dispatchKeyEvent", event)
  }

  func type(_ text: String) throws { for character in text { try press(String(character)) } }

  /// A PNG of what is in the window.
  func screenshot() throws -> Data {
    try data(try send("Page.captureScreenshot", ["format": "png"]))
  }

  /// As it would be printed on A4.
  func pdf() throws -> Data {
    try data(
      try send(
        "Page.printToPDF", ["paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": true]))
  }

  private func data(_ answer: [String: Any]) throws -> Data {
    try #require((answer["data"] as? String).flatMap { Data(base64Encoded: $0) })
  }

  private func send(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    lastID += 1
    var message: [String: Any] = ["id": lastID, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    var bytes = try JSONSerialization.data(withJSONObject: message)
    bytes.append(0)
    try commands.fileHandleForWriting.write(contentsOf: bytes)
    for _ in 0..<Browser.messageCountMax {
      let answer = try receive()
      guard answer["id"] as? Int == lastID else {
        note(answer)
        continue
      }
      if let error = answer["error"] { throw Failure(message: "\(method): \(error)") }
      return answer["result"] as? [String: Any] ?? [:]
    }
    throw Failure(message: "\(method): no answer among \(Browser.messageCountMax) messages")
  }

  /// Messages end with a zero byte.
  private func receive() throws -> [String: Any] {
    while true {
      if let end = unread.firstIndex(of: 0) {
        let message = Data(unread[unread.startIndex..<end])
        unread = Data(unread[(end + 1)...])
        return try #require(try JSONSerialization.jsonObject(with: message) as? [String: Any])
      }
      let more = answers.fileHandleForReading.availableData
      guard !more.isEmpty else { throw Failure(message: "chromium ended, or took too long") }
      unread.append(more)
    }
  }

  private func note(_ event: [String: Any]) {
    let facts = event["params"] as? [String: Any] ?? [:]
    switch event["method"] as? String {
    case "Page.loadEventFired": isLoaded = true
    case "Network.requestWillBeSent":
      let url = (facts["request"] as? [String: Any])?["url"] as? String ?? ""
      if !url.hasPrefix(page), url != "about:blank" { requests.append(url) }
    case "Log.entryAdded": errors.append("\((facts["entry"] as? [String: Any])?["text"] ?? "")")
    case "Runtime.exceptionThrown": errors.append("\(facts)")
    default: break
    }
  }
}
