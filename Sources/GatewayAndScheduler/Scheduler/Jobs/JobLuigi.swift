/// What is particular to jobs of `type: luigi`.
enum JobLuigi {
  /// The program and its arguments: `luigi --module M T --name=value …`.
  ///
  /// With `=`, for a value that begins with `-` would else be read as an option of its own.
  static func command(
    program: [String], module: String, task: String, extra: [JobTemplate],
    parameters: [JobParameter]
  ) throws(JobTemplateError) -> [JobTemplate] {
    var result: [JobTemplate] = []
    for text in program + ["--module", module, task] {
      result.append(try JobTemplate(escaped: text))
    }
    for parameter in parameters {
      let option = parameter.name.replacing("_", with: "-")
      result.append(try JobTemplate("--\(option)={\(parameter.name)}"))
    }
    return result + extra
  }

  /// Dotted identifiers: what Python and Luigi take for a module or a task.
  static func isIdentifier(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 256 else { return false }
    return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      guard let first = part.utf8.first else { return false }
      return !(0x30...0x39).contains(first)
        && part.utf8.allSatisfy {
          ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10
            || $0 == UInt8(ascii: "_")
        }
    }
  }

  /// Why a run of Luigi failed, by its exit status. The numbers from 10 on are those of the [retcode]
  /// section that Integrations/luigi sets; without it Luigi ends with 0 whatever happened.
  static let reasons: [Int: (type: String, message: String)] = [
    1: ("luigi_import_error", "the module or the task could not be loaded"),
    2: ("luigi_usage_error", "luigi refused its arguments"),
    4: (
      "luigi_unhandled_exception",
      "luigi ended with an exception, or tasks failed ([retcode] unset)"
    ),
    10: ("luigi_already_running", "another run of the same tasks was under way"),
    20: ("luigi_missing_data", "data that a task needs from outside is missing"),
    25: ("luigi_not_run", "tasks were left that nobody was allowed to run"),
    30: ("luigi_task_failed", "a task failed"),
    35: ("luigi_scheduling_error", "a task's requirements could not be told"),
    40: (
      "luigi_unhandled_exception", "luigi's scheduler could not be reached, or luigi itself failed"
    ),
  ]
}

extension JobTemplate {
  /// A text without places for parameters.
  init(escaped text: String) throws(JobTemplateError) {
    try self.init(text.replacing("{", with: "{{").replacing("}", with: "}}"))
  }
}
