import Report

/// A line on the error stream that says how far long work has come; silent off a terminal.
struct Progress {
  private let label: String
  private let tool: Tool
  private var next = 50_000

  private static let stride = 50_000

  init(_ label: String, _ tool: Tool) {
    self.label = label
    self.tool = tool
  }

  /// Draws when `count` has passed the next mark.
  mutating func step(_ count: Int) {
    guard count >= next else { return }
    next = count + Progress.stride
    tool.progress("\(label): \(Quantity.count(count)) records")
  }

  func end() { tool.clearProgress() }
}
