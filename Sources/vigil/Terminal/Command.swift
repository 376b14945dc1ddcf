import Report

/// One subcommand: what it takes and what it does.
protocol Command: SendableMetatype {
  static var specification: CommandSpecification { get }
  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus
}

/// A mistake on the command line; the message says what was found and what was expected.
struct UsageError: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

/// The options and operands of a command, its help and its parser.
struct CommandSpecification: Sendable {
  /// One option; without `value` a switch.
  struct Option: Sendable {
    let name: String
    let value: String?
    let help: String
    private(set) var isRepeatable = false
    private(set) var choices: [String] = []

    /// A switch.
    init(_ name: String, _ help: String) {
      self.name = name
      value = nil
      self.help = help
    }

    /// An option with a value, called `value` in the help.
    init(
      _ name: String, _ value: String, isRepeatable: Bool = false, choices: [String] = [],
      _ help: String
    ) {
      self.name = name
      self.value = value
      self.isRepeatable = isRepeatable
      self.choices = choices
      self.help = help
    }
  }

  let name: String
  let summary: String
  let synopsis: String
  let options: [Option]
  /// What operands are called; nil when there are none.
  var operand: String?
  var operandIsRequired = false
  var discussion: [String] = []

  var usage: String { "vigil \(name) \(synopsis)" }
}

/// Option values by name, and operands, as given.
struct ParsedArguments {
  fileprivate(set) var values: [String: [String]] = [:]
  fileprivate(set) var operands: [String] = []

  func has(_ name: String) -> Bool { values[name] != nil }
  func value(_ name: String) -> String? { values[name]?.last }
  func all(_ name: String) -> [String] { values[name] ?? [] }

  func required(_ name: String) throws(UsageError) -> String {
    guard let value = value(name) else { throw UsageError("\(name) is missing") }
    return value
  }
}

extension CommandSpecification {
  /// Reads `--name value`, `--name=value`, switches, `--` and operands, in any order.
  func parse(_ arguments: [String]) throws(UsageError) -> ParsedArguments {
    var parsed = ParsedArguments()
    var rest = arguments[...]
    var optionsAreOver = false
    while let argument = rest.popFirst() {
      if !optionsAreOver, argument == "--" {
        optionsAreOver = true
      } else if !optionsAreOver, argument.hasPrefix("-"), argument != "-" {
        try parseOption(argument, &rest, &parsed)
      } else if operand == nil {
        throw UsageError("operand \(Quotation.quoted(argument)): expected none")
      } else {
        parsed.operands.append(argument)
      }
    }
    if let operand, operandIsRequired, parsed.operands.isEmpty {
      throw UsageError("no \(operand): expected at least one")
    }
    return parsed
  }

  private func parseOption(
    _ argument: String, _ rest: inout ArraySlice<String>, _ parsed: inout ParsedArguments
  ) throws(UsageError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let option = options.first(where: { $0.name == name }) else {
      let known = options.map(\.name).joined(separator: ", ")
      throw UsageError("unknown option \(Quotation.quoted(name)): expected one of \(known)")
    }
    guard option.isRepeatable || parsed.values[name] == nil else {
      throw UsageError("\(name) given twice: expected once")
    }
    parsed.values[name, default: []].append(try value(of: option, parts, &rest))
  }

  private func value(
    of option: Option, _ parts: [Substring], _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let placeholder = option.value else {
      guard parts.count == 1 else {
        throw UsageError("\(option.name)=\(parts[1]): expected no value")
      }
      return ""
    }
    guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
      throw UsageError("\(option.name) without a value: expected \(placeholder)")
    }
    guard option.choices.isEmpty || option.choices.contains(value) else {
      throw UsageError(
        "\(option.name) \(Quotation.quoted(value)): expected one of "
          + option.choices.joined(separator: ", "))
    }
    return value
  }

  /// The help page.
  func help(width: Int) -> String {
    var lines = ["vigil \(name): \(summary)", "", "usage: \(usage)", ""]
    let left = options.map { option in
      "  " + option.name + (option.value.map { " " + $0 } ?? "")
    }
    let indent = min(30, (left.map(\.count).max() ?? 0) + 2)
    for (option, head) in zip(options, left) {
      var text = option.help
      if !option.choices.isEmpty { text += " (\(option.choices.joined(separator: ", ")))" }
      if option.isRepeatable { text += "; may be repeated" }
      let wrapped = TerminalText.wrapped(text, width: max(30, min(width, 110) - indent))
      let padding = String(repeating: " ", count: max(0, indent - head.count))
      lines.append(head + padding + wrapped[0])
      for line in wrapped.dropFirst() {
        lines.append(String(repeating: " ", count: indent) + line)
      }
    }
    for paragraph in discussion {
      lines.append("")
      lines += TerminalText.wrapped(paragraph, width: max(40, min(width, 100)))
    }
    return lines.joined(separator: "\n")
  }
}
