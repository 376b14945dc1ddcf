import Foundation
import GatewayAndScheduler
import Testing

/// The served OpenAPI document, as a client reads it.
struct OpenAPIReading {
  let root: [String: Any]

  init() async throws {
    let response = try await APIBench().ask(.get, "/openapi.json", as: nil)
    #expect(response.status == .ok)
    let value = try JSONSerialization.jsonObject(with: Data(response.body))
    root = try #require(value as? [String: Any])
  }

  /// One operation of the document.
  struct Operation {
    let id: String
    let method: String
    let path: String
    let object: [String: Any]

    /// The documented answers by status.
    var answers: [Int: [String: Any]] {
      let answers = object["responses"] as? [String: [String: Any]] ?? [:]
      return Dictionary(uniqueKeysWithValues: answers.map { (Int($0.key) ?? 0, $0.value) })
    }
  }

  var operations: [Operation] {
    let paths = root["paths"] as? [String: [String: [String: Any]]] ?? [:]
    return paths.flatMap { path, methods in
      methods.map { method, object in
        Operation(
          id: object["operationId"] as? String ?? "", method: method, path: path, object: object)
      }
    }
  }

  func schema(_ name: String) -> [String: Any] {
    let components = root["components"] as? [String: Any]
    return (components?["schemas"] as? [String: [String: Any]])?[name] ?? [:]
  }

  /// What of a value does not fit a schema: of JSON Schema, the words that our document uses. Keys that
  /// an answer's schema does not list are faults too, for the document is to be complete.
  func faults(_ value: Any, _ schema: [String: Any], at place: String = "$") -> [String] {
    if let reference = schema["$ref"] as? String {
      return faults(
        value, self.schema(String(reference.split(separator: "/").last ?? "")), at: place)
    }
    var faults: [String] = []
    if let words = schema["enum"] as? [String], !words.contains(value as? String ?? "") {
      faults.append("\(place): \(value) is none of \(words)")
    }
    if let word = schema["const"] as? String, word != value as? String {
      faults.append("\(place): \(value) is not \(word)")
    }
    switch schema["type"] as? String {
    case "object": faults += objectFaults(value, schema, at: place)
    case "array":
      guard let elements = value as? [Any] else { return faults + ["\(place): no array"] }
      let inner = schema["items"] as? [String: Any] ?? [:]
      for (index, element) in elements.enumerated() {
        faults += self.faults(element, inner, at: "\(place)[\(index)]")
      }
    case "string": if !(value is String) { faults.append("\(place): no string") }
    case "integer": if !(value is Int) { faults.append("\(place): no integer") }
    default: faults.append("\(place): a schema without a type")
    }
    return faults
  }

  private func objectFaults(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
    guard let object = value as? [String: Any] else { return ["\(place): no object"] }
    let properties = schema["properties"] as? [String: [String: Any]]
    var faults = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }
      .map { "\(place): no \($0)" }
    guard let properties else { return faults }
    for (key, member) in object {
      guard let inner = properties[key] else {
        faults.append("\(place): \(key) is not documented")
        continue
      }
      faults += self.faults(member, inner, at: "\(place).\(key)")
    }
    return faults
  }
}
