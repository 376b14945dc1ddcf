internal import Ingest

/// The OpenAPI 3.1 document of a list of operations.
struct OpenAPIDocument {
  private let operations: [APIOperation]

  init(_ operations: [APIOperation]) { self.operations = operations }

  /// One JSON object; paths in the order of the operations.
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("openapi", "3.1.0")
    writer.beginObject("info")
    writer.field("title", "Vigil trigger API")
    writer.field("version", "1")
    writer.field("summary", "Jobs, runs and approvals; every call is somebody's and is recorded")
    writer.endObject()
    writer.field("security", json: Array(OpenAPIDocument.security.utf8))
    writer.field("paths", json: paths)
    writer.beginObject("components")
    writer.field("schemas", json: OpenAPIDocument.object(schemas))
    writer.field("headers", json: APIBody.compact(OpenAPIDocument.headers.utf8))
    writer.field("securitySchemes", json: APIBody.compact(OpenAPIDocument.schemes.utf8))
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  private static let security = #"[{"bearer":[]},{"session":[]}]"#

  private static let schemes = """
    {"bearer":{"type":"http","scheme":"bearer","description":"A service token, or a JWT of the provider."},
     "session":{"type":"apiKey","in":"cookie","name":"__Host-vigil",
       "description":"The cookie that a login sets."}}
    """

  private static let headers = """
    {"X-Request-Id":{"description":"Joins the answer to its records.","schema":{"type":"string"}},
     "Location":{"description":"The run's path.","schema":{"type":"string"}},
     "X-Run-Id":{"description":"The run's id.","schema":{"type":"string"}},
     "Idempotency-Replayed":{"description":"There, and true, when the wish was made before.",
       "schema":{"type":"string","const":"true"}},
     "Retry-After":{"description":"Seconds.","schema":{"type":"integer","minimum":1}},
     "WWW-Authenticate":{"description":"Bearer.","schema":{"type":"string"}}}
    """

  private var schemas: [(String, [UInt8])] {
    OpenAPISchemas.all.map { ($0.name, APIBody.compact($0.json.utf8)) }
  }

  /// A JSON object of members that are JSON already.
  private static func object(_ members: [(String, [UInt8])]) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    for (index, member) in members.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONEscape.appendQuoted(member.0, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      bytes += member.1
    }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  // MARK: Paths

  private var paths: [UInt8] {
    var patterns: [String] = []
    for operation in operations where !patterns.contains(operation.pattern) {
      patterns.append(operation.pattern)
    }
    return OpenAPIDocument.object(
      patterns.map { pattern in
        let members = operations.filter { $0.pattern == pattern }
          .map { ($0.method.rawValue.lowercased(), describe($0)) }
        return (pattern, OpenAPIDocument.object(members))
      })
  }

  private func describe(_ operation: APIOperation) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("operationId", operation.id)
    writer.field("summary", operation.summary)
    if !operation.needsCredential { writer.field("security", json: Array("[]".utf8)) }
    if !operation.parameters.isEmpty {
      writer.objects("parameters", operation.parameters) { parameter, writer in
        writer.field("name", parameter.name)
        writer.field("in", parameter.place.rawValue)
        if parameter.place == .path { writer.field("required", true) }
        writer.field("description", parameter.summary)
        writer.field("schema", json: Array(parameter.schema.utf8))
      }
    }
    if let schema = operation.bodySchema {
      writer.beginObject("requestBody")
      writer.field("required", schema == "Verdict")
      writer.field("content", json: OpenAPIDocument.content("application/json", schema))
      writer.endObject()
    }
    let answers = operation.allAnswers.map { ("\($0.status.code)", OpenAPIDocument.describe($0)) }
    writer.field("responses", json: OpenAPIDocument.object(answers))
    writer.endObject()
    return writer.bytes
  }

  private static func describe(_ answer: APIOperation.Answer) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("description", answer.summary)
    let headers = ["X-Request-Id"] + answer.headers
    writer.field(
      "headers",
      json: object(headers.map { ($0, Array("{\"$ref\":\"#/components/headers/\($0)\"}".utf8)) }))
    let isProblem = answer.schema == "Problem"
    let mediaType = isProblem ? "application/problem+json" : "application/json"
    writer.field("content", json: content(mediaType, answer.schema))
    writer.endObject()
    return writer.bytes
  }

  private static func content(_ mediaType: String, _ schema: String) -> [UInt8] {
    let reference = "{\"schema\":{\"$ref\":\"#/components/schemas/\(schema)\"}}"
    return object([(mediaType, Array(reference.utf8))])
  }
}
