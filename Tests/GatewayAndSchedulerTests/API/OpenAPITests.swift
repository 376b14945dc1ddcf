import Foundation
import GatewayAndScheduler
import Testing

/// The OpenAPI document against what the API does.
@Suite struct OpenAPITests {
  @Test func `every answer fits the schema that is documented for its status`() async throws {
    let reading = try await OpenAPIReading()
    let operations = Dictionary(uniqueKeysWithValues: reading.operations.map { ($0.id, $0) })
    for scenario in APIScenario.all where scenario.operation != "getDescription" {
      let (response, _) = try await scenario.answer()
      let operation = try #require(operations[scenario.operation])
      let answer = try #require(operation.answers[response.status.code], "\(scenario)")
      let content = try #require(answer["content"] as? [String: [String: [String: Any]]])
      let type = try #require(response.headers["Content-Type"])
      let schema = try #require(content[type]?["schema"], "\(type) of \(scenario)")
      let value = try JSONSerialization.jsonObject(with: Data(response.body))
      #expect(reading.faults(value, schema) == [], "\(scenario.testDescription)")
      let documented = try #require(answer["headers"] as? [String: Any]).keys
      let common = ["Content-Type", "Cache-Control", "X-Content-Type-Options"]
      for field in response.headers.fields where !common.contains(field.name) {
        #expect(documented.contains(field.name), "\(field.name) of \(scenario.testDescription)")
      }
    }
  }

  @Test func `every documented answer of every operation is one that a scenario gets`()
    async throws
  {
    let reading = try await OpenAPIReading()
    var documented: Set<String> = []
    for operation in reading.operations {
      for status in operation.answers.keys { documented.insert("\(operation.id) \(status)") }
    }
    let produced = Set(APIScenario.all.map { "\($0.operation) \($0.status)" })
    #expect(documented.subtracting(produced).sorted() == [])
    #expect(produced.subtracting(documented).sorted() == [])
    #expect(documented.count > 50)
  }

  @Test func `every operation has an id of its own, a summary and its path's parameters`()
    async throws
  {
    let reading = try await OpenAPIReading()
    let operations = reading.operations
    #expect(operations.count == 10 && Set(operations.map(\.id)).count == operations.count)
    for operation in operations {
      #expect((operation.object["summary"] as? String)?.isEmpty == false)
      let captures = operation.path.matches(of: /\{([a-z_]+)\}/).map { String($0.output.1) }
      let parameters = operation.object["parameters"] as? [[String: Any]] ?? []
      let inPath = parameters.filter { $0["in"] as? String == "path" }
      #expect(inPath.compactMap { $0["name"] as? String } == captures, "\(operation.path)")
      #expect(inPath.allSatisfy { $0["required"] as? Bool == true })
    }
  }

  @Test func `every reference leads somewhere`() async throws {
    let reading = try await OpenAPIReading()
    var references: Set<String> = []
    func walk(_ value: Any) {
      if let object = value as? [String: Any] {
        if let reference = object["$ref"] as? String { references.insert(reference) }
        object.values.forEach(walk)
      } else if let array = value as? [Any] {
        array.forEach(walk)
      }
    }
    walk(reading.root)
    #expect(references.count > 10)
    for reference in references {
      var value: Any? = reading.root
      for step in reference.split(separator: "/").dropFirst() {
        value = (value as? [String: Any])?[String(step)]
      }
      #expect(value is [String: Any], "\(reference)")
    }
  }

  @Test(
    "a validator of others finds nothing to say about the document",
    .enabled(if: PythonPackage.openAPI.isWanted, "\(PythonPackage.openAPI.absence)"))
  func validated() async throws {
    let python = try await PythonPackage.openAPI.interpreter()
    let directory = try TemporaryDirectory()
    let response = try await APIBench().ask(.get, "/openapi.json", as: nil)
    let path = directory.path + "/openapi.json"
    try Data(response.body).write(to: URL(fileURLWithPath: path))
    let result = try await PythonPackage.run(
      python, ["-m", "openapi_spec_validator", "--errors", "all", path])
    #expect(result.status == 0, "\(result.text)")
    let broken = response.text.replacing("\"responses\"", with: "\"answers\"")
    try Data(broken.utf8).write(to: URL(fileURLWithPath: path))
    let second = try await PythonPackage.run(python, ["-m", "openapi_spec_validator", path])
    #expect(second.status != 0, "the validator takes anything")
  }
}
