package import Ingest

/// A job with the parameters of one run put in.
package struct JobInvocation: Sendable, Equatable {
  /// The program first.
  package var arguments: [String]
  /// `NAME=value`, in the order of the file.
  package var environment: [String]
  /// Absolute paths, or relative to the working directory.
  package var outputs: [String]
}

extension JobDefinition {
  /// Parameters checked and put in place, or sentences on what does not fit.
  package func invocation(
    _ parameters: JobParameters
  ) -> Result<JobInvocation, JobParametersRefusal> {
    var sentences = dashes(parameters) + paths(parameters)
    func fill(_ template: JobTemplate) -> String {
      guard let text = template.filled(parameters) else {
        sentences.append("\(template.names.joined(separator: ", ")): has no value")
        return ""
      }
      return text
    }
    let result = JobInvocation(
      arguments: command.map(fill),
      environment: environment.map { "\($0.name)=\(fill($0.value))" },
      outputs: outputs.map(fill))
    return sentences.isEmpty ? .success(result) : .failure(JobParametersRefusal(sentences))
  }

  /// Values that would be read as options: those that begin an argument, and begin with `-`.
  private func dashes(_ parameters: JobParameters) -> [String] {
    let leading = Set(command.compactMap(\.leadingName))
    return self.parameters.compactMap { parameter in
      guard leading.contains(parameter.name), !parameter.allowsDash,
        let value = parameters[parameter.name], value.text.hasPrefix("-")
      else { return nil }
      return "\(parameter.name): a value that begins with - is not allowed there"
    }
  }

  /// Values that would lead out of the folder that an output's path names.
  private func paths(_ parameters: JobParameters) -> [String] {
    let named = Set(outputs.flatMap(\.names))
    return self.parameters.compactMap { parameter in
      guard named.contains(parameter.name), let text = parameters[parameter.name]?.text,
        text.contains("/") || text == "." || text == ".."
      else { return nil }
      return "\(parameter.name): is part of a path: expected a value without /, that is not . or .."
    }
  }

  /// The date in the job's zone, which defaults may name.
  func today(at now: Timestamp) -> CivilDate { zone.localTime(at: now).date }

  /// Checks a request's JSON text.
  package func check(
    _ text: [UInt8], at now: Timestamp
  ) -> Result<JobParameters, JobParametersRefusal> {
    JobParameters.check(text, against: parameters, today: today(at: now))
  }
}
