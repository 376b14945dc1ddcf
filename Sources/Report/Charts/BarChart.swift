/// Inline SVG charts: no script, no font of their own, readable when printed in grey.
///
/// Across they are measured in hundredths of their width and downwards in pixels: on a narrow screen the
/// bars shrink, and the text does not.
enum BarChart {
  /// One bar a value, from left to right, with the largest value and some labels told.
  ///
  /// - Parameters:
  ///   - title: read out in place of the picture, with the summary.
  ///   - bars: at most 400; more are summed in groups of equal size.
  static func columns(_ title: String, _ bars: [(label: String, value: Int)]) -> String {
    let shown = grouped(bars, into: 400)
    let top = max(shown.map(\.value).max() ?? 0, 1)
    let (head, height, foot) = (20.0, 160.0, 24.0)
    let step = 100 / Double(max(shown.count, 1))
    var svg = start(title, summary(bars), head + height + foot)
    for (position, bar) in shown.enumerated() where bar.value > 0 {
      let tall = max(1, height * Double(bar.value) / Double(top))
      svg += "<rect class=\"bar\" x=\"\(fixed(Double(position) * step))%\" "
      svg += "y=\"\(fixed(head + height - tall))\" width=\"\(fixed(step * 0.8))%\" "
      svg += "height=\"\(fixed(tall))\"><title>"
      svg += "\(PageText.escaped(bar.label)): \(Quantity.count(bar.value))</title></rect>\n"
    }
    let floor = Int(head + height)
    svg += "<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"\(floor)\" y2=\"\(floor)\"/>\n"
    svg += "<text x=\"0\" y=\"14\">at most \(Quantity.count(top))</text>\n"
    if let first = shown.first, let last = shown.last {
      let y = floor + 18
      svg += "<text x=\"0\" y=\"\(y)\">\(PageText.escaped(first.label))</text>\n"
      svg += "<text x=\"100%\" y=\"\(y)\" text-anchor=\"end\">"
      svg += "\(PageText.escaped(last.label))</text>\n"
    }
    return svg + "</svg></figure>\n"
  }

  /// One bar a line, the name before it and the number behind.
  static func rows(_ title: String, _ bars: [(label: String, value: Int)]) -> String {
    let top = max(bars.map(\.value).max() ?? 0, 1)
    let line = 24.0
    var svg = start(title, summary(bars), line * Double(max(bars.count, 1)))
    for (position, bar) in bars.enumerated() {
      let (y, long) = (line * Double(position), 34 * Double(bar.value) / Double(top))
      svg += "<text x=\"43%\" y=\"\(fixed(y + 16))\" text-anchor=\"end\">"
      svg += "\(PageText.escaped(bar.label))</text>"
      svg += "<rect class=\"bar\" x=\"45%\" y=\"\(fixed(y + 4))\" "
      svg += "width=\"\(fixed(max(0.2, long)))%\" height=\"16\"/>"
      svg += "<text x=\"\(fixed(46.5 + long))%\" y=\"\(fixed(y + 16))\">"
      svg += "\(Quantity.count(bar.value))</text>\n"
    }
    return svg + "</svg></figure>\n"
  }

  /// The hours of a week: 7 lines of 24 cells, darker where there is more; numbers in the cells'
  /// titles, and the busiest hour in the summary.
  static func week(_ title: String, _ counts: [Int], days: [String]) -> String {
    let top = max(counts.max() ?? 0, 1)
    let (line, left, wide) = (24.0, 12.0, 3.66)
    let busiest = counts.indices.max { counts[$0] < counts[$1] } ?? 0
    let summary =
      counts.allSatisfy { $0 == 0 }
      ? "nothing" : "most on \(days[busiest / 24]) from \(busiest % 24):00, \(counts[busiest])"
    var svg = start(title, summary, line * 8)
    for hour in stride(from: 0, to: 24, by: 6) {
      svg += "<text x=\"\(fixed(left + wide * Double(hour)))%\" y=\"16\">\(hour):00</text>\n"
    }
    for day in 0..<7 {
      let y = line * Double(day + 1)
      svg +=
        "<text x=\"0\" y=\"\(fixed(y + 16))\">\(PageText.escaped(String(days[day].prefix(3))))</text>\n"
      for hour in 0..<24 {
        let count = counts[day * 24 + hour]
        let share = count == 0 ? 0 : 0.15 + 0.85 * Double(count) / Double(top)
        svg += "<rect class=\"cell\" x=\"\(fixed(left + wide * Double(hour)))%\" y=\"\(fixed(y))\" "
        svg += "width=\"3.4%\" height=\"22\" fill-opacity=\"\(fixed(share))\"><title>"
        svg += "\(PageText.escaped(days[day])) \(hour):00: \(count)</title></rect>\n"
      }
    }
    return svg + "</svg></figure>\n"
  }

  private static func start(_ title: String, _ summary: String, _ height: Double) -> String {
    let label = PageText.escaped("\(title): \(summary)")
    return "<figure><figcaption>\(PageText.escaped(title))</figcaption>"
      + "<svg height=\"\(Int(height))\" role=\"img\" aria-label=\"\(label)\">\n"
  }

  private static func summary(_ bars: [(label: String, value: Int)]) -> String {
    guard let most = bars.max(by: { $0.value < $1.value }), most.value > 0 else { return "nothing" }
    let sum = bars.reduce(0) { $0 + $1.value }
    return "\(Quantity.count(sum)) in all, most \(most.label) with \(Quantity.count(most.value))"
  }

  private static func grouped(
    _ bars: [(label: String, value: Int)], into countMax: Int
  ) -> [(label: String, value: Int)] {
    guard bars.count > countMax else { return bars }
    let size = (bars.count + countMax - 1) / countMax
    return stride(from: 0, to: bars.count, by: size).map { start in
      let group = bars[start..<min(start + size, bars.count)]
      return (group[start].label, group.reduce(0) { $0 + $1.value })
    }
  }

  /// Two decimals: the same text everywhere.
  private static func fixed(_ value: Double) -> String { Quantity.decimals(value, 2) }
}
