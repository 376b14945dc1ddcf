import GatewayAndScheduler
import Testing

@Suite struct RouterTests {
  /// Each handler answers with its name and its captures.
  private static let router: Router = {
    var router = Router()
    for (method, pattern) in [
      (HTTPMethod.get, "/"), (.get, "/runs/{id}"), (.get, "/runs/latest"), (.post, "/runs/{id}"),
      (.get, "/runs/{id}/tasks/{task}"), (.get, "/{kind}/latest"), (.put, "/only/put"),
      (.head, "/own-head"), (.get, "/own-head"),
    ] {
      router.add(method, pattern) { request in
        let captures = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return .text(.ok, ([method.rawValue, pattern] + captures).joined(separator: " "))
      }
    }
    return router
  }()

  private func answer(_ method: String, _ path: String) async throws -> HTTPResponse {
    await RouterTests.router.respond(
      to: HTTPRequest(
        method: try #require(HTTPMethod(rawValue: method)),
        target: try HTTPTarget(Array(path.utf8)),
        peer: .unnamed))
  }

  @Test(arguments: [
    ("GET", "/", "GET /\n"),
    ("GET", "/runs/7", "GET /runs/{id} id=7\n"),
    ("POST", "/runs/7", "POST /runs/{id} id=7\n"),
    ("GET", "/runs/latest", "GET /runs/latest\n"),
    ("POST", "/runs/latest", "POST /runs/{id} id=latest\n"),
    ("GET", "/jobs/latest", "GET /{kind}/latest kind=jobs\n"),
    ("GET", "/runs/a%20b/tasks/%252F", "GET /runs/{id}/tasks/{task} id=a b task=%2F\n"),
    ("HEAD", "/runs/7", "GET /runs/{id} id=7\n"),
    ("HEAD", "/own-head", "HEAD /own-head\n"),
    ("GET", "/runs/7?x=1", "GET /runs/{id} id=7\n"),
  ])
  func `the most literal route answers, with its captures`(
    method: String, path: String, text: String
  ) async throws {
    let response = try await answer(method, path)
    #expect(response.status == .ok)
    #expect(String(decoding: response.body, as: UTF8.self) == text)
  }

  @Test(arguments: [
    "/nothing", "/runs", "/runs/", "/runs/7/", "//runs/7", "/runs//tasks/x", "/RUNS/7",
  ])
  func `a path that no pattern matches is not found, whatever the method`(path: String) async throws
  {
    #expect(try await answer("GET", path).status == .notFound)
    #expect(try await answer("DELETE", path).status == .notFound)
  }

  @Test(arguments: [
    ("DELETE", "/runs/7", "GET, HEAD, POST"), ("GET", "/only/put", "PUT"),
    ("HEAD", "/only/put", "PUT"), ("POST", "/jobs/latest", "GET, HEAD"),
    ("DELETE", "/runs/latest", "GET, HEAD, POST"), ("get", "/", "GET, HEAD"),
  ])
  func `a path that only other methods match says which`(
    method: String, path: String, allow: String
  ) async throws {
    let response = try await answer(method, path)
    #expect(response.status == .methodNotAllowed)
    #expect(response.headers["allow"] == allow)
  }

  @Test func `a route given twice is a programmer's mistake`() async {
    await #expect(processExitsWith: .failure) {
      var router = Router()
      router.add(.get, "/a/{x}") { _ in HTTPResponse(.ok) }
      router.add(.get, "/a/{x}") { _ in HTTPResponse(.ok) }
    }
    await #expect(processExitsWith: .failure) {
      var router = Router()
      router.add(.get, "/{x}/{x}") { _ in HTTPResponse(.ok) }
    }
  }

  @Test func `an error of a throwing handler stays inside`() async throws {
    struct Secret: Error { let text = "password" }
    let root = try HTTPTarget([UInt8(ascii: "/")])
    await confirmation { reported in
      let handler = answering500(reportingTo: { if $0 is Secret { reported() } }) { _ in
        throw Secret()
      }
      let response = await handler(
        HTTPRequest(method: .get, target: root, peer: .unnamed))
      #expect(response == .text(.internalServerError, "internal error"))
    }
  }
}
