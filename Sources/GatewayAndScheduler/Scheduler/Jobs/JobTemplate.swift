/// One argument, path or value with places for parameters: `--date={date}`. `{{` and `}}` are braces.
///
/// What stands in for a place never leaves its text: there is no shell, and no splitting.
package struct JobTemplate: Sendable, Equatable {
  enum Piece: Sendable, Equatable {
    case text(String)
    case parameter(String)
  }

  let pieces: [Piece]

  /// Bytes of a template. 16 KiB.
  static let byteCountMax = 16 << 10

  /// Throws a sentence for a NUL, a brace left alone, or a text too long.
  package init(_ text: String) throws(JobTemplateError) {
    guard text.utf8.count <= JobTemplate.byteCountMax, !text.utf8.contains(0) else {
      throw JobTemplateError("expected at most \(JobTemplate.byteCountMax) bytes and no NUL")
    }
    var pieces: [Piece] = []
    var literal = ""
    var rest = text[...]
    while let first = rest.first {
      if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
        literal.append(first)
        rest = rest.dropFirst(2)
      } else if first == "{" {
        guard let end = rest.firstIndex(of: "}") else { throw JobTemplateError("a { without }") }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        literal = ""
        pieces.append(.parameter(String(rest[rest.index(after: rest.startIndex)..<end])))
        rest = rest[rest.index(after: end)...]
      } else if first == "}" {
        throw JobTemplateError("a } without {: expected }} for a brace")
      } else {
        literal.append(first)
        rest = rest.dropFirst()
      }
    }
    if !literal.isEmpty { pieces.append(.text(literal)) }
    self.pieces = pieces
  }

  /// Names of the parameters in it.
  package var names: [String] {
    pieces.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
  }

  /// The name of the parameter that stands first: its value may begin the argument.
  var leadingName: String? {
    if case .parameter(let name)? = pieces.first { name } else { nil }
  }

  /// The text with every place filled; nil when a parameter has no value.
  package func filled(_ parameters: JobParameters) -> String? {
    var result = ""
    for piece in pieces {
      switch piece {
      case .text(let text): result += text
      case .parameter(let name):
        guard let value = parameters[name] else { return nil }
        result += value.text
      }
    }
    return result
  }
}

/// What is wrong with a template.
package struct JobTemplateError: Error, Hashable, Sendable {
  package let problem: String
  init(_ problem: String) { self.problem = problem }
}
