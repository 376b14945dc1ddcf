import Ingest

/// A page of HTML, written piece by piece; whatever comes from a journal goes through `text`.
struct HTMLWriter {
  private(set) var html = ""

  /// Markup of ours, as it is.
  mutating func raw(_ markup: String) { html += markup }

  /// Text from anywhere, so that it shows what its bytes say and nothing else.
  mutating func text(_ text: String) { html += PageText.escaped(text) }

  /// An element with text in it. `name` and `attributes` are markup of ours.
  mutating func element(_ name: String, _ attributes: String = "", _ text: String) {
    html += "<\(name)\(attributes.isEmpty ? "" : " " + attributes)>"
    self.text(text)
    html += "</\(name)>\n"
  }

  mutating func paragraph(_ text: String) { element("p", "", text) }

  /// A section with its heading, which the contents point at.
  mutating func section(_ id: String, _ title: String, _ body: (inout HTMLWriter) -> Void) {
    raw("<section id=\"\(id)\" aria-labelledby=\"\(id)-h\">\n")
    element("h2", "id=\"\(id)-h\"", title)
    body(&self)
    raw("</section>\n")
  }

  /// A table that scrolls by itself where it is too wide, also by keyboard; on a phone each row is a
  /// list of names and values.
  ///
  /// - Parameters:
  ///   - numeric: columns of numbers.
  ///   - wide: columns of sentences.
  mutating func table(
    _ caption: String, _ header: [String], numeric: Set<Int> = [], wide: Set<Int> = [],
    _ rows: [[String]]
  ) {
    guard !rows.isEmpty else {
      raw("<p class=\"none\"><strong>")
      text(caption)
      raw(":</strong> none in the period.</p>\n")
      return
    }
    let label = PageText.escaped(caption)
    raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"\(label)\"><table>\n")
    raw("<caption>\(label)</caption>\n<thead><tr>")
    for (column, name) in header.enumerated() {
      raw("<th scope=\"col\"\(numeric.contains(column) ? " class=\"n\"" : "")>")
      text(name)
      raw("</th>")
    }
    raw("</tr></thead>\n<tbody>\n")
    let names = header.map { PageText.escaped($0) }
    for row in rows {
      raw("<tr>")
      for (column, cell) in row.enumerated() {
        let style =
          numeric.contains(column) ? " class=\"n\"" : wide.contains(column) ? " class=\"w\"" : ""
        raw("<td\(style) data-name=\"\(names[column])\">")
        text(cell)
        raw("</td>")
      }
      raw("</tr>\n")
    }
    raw("</tbody></table></div>\n")
  }
}
