import GatewayAndScheduler
import Ingest
import Testing

@Suite struct ActionRoutesTests {
  private static func answer(_ method: String, _ target: String) -> String {
    var routes = ActionRoutes.standard
    #expect(routes.add("GET /luigi/api/task_list", "luigi:view") == nil)
    #expect(routes.add("GET /luigi/static/*", "luigi:view") == nil)
    #expect(routes.add("GET /jobs/{job}/log", "log:view") == nil)
    switch routes.resolve(method: method, target: target) {
    case .action(let match): return match.action + (match.job.map { " " + $0 } ?? "")
    case .unmapped: return "-"
    case .ambiguous: return "?"
    }
  }

  @Test(
    "method and path name the action and the job",
    arguments: [
      ("POST", "/jobs/etl/runs", "run:trigger etl"),
      ("POST", "/jobs/etl/runs?x=/../y", "run:trigger etl"),
      ("POST", "/jobs/e%74l/runs", "run:trigger etl"), ("GET", "/jobs", "job:view"),
      ("GET", "/jobs/etl", "job:view etl"), ("HEAD", "/jobs/etl", "job:view etl"),
      ("GET", "/runs", "run:view"), ("GET", "/runs/42", "run:view"),
      ("POST", "/runs/42/kill", "run:kill"),
      ("GET", "/approvals", "approval:view"), ("POST", "/approvals/7", "approval:give"),
      ("GET", "/openapi.json", "public"), ("GET", "/healthz", "public"),
      ("GET", "/luigi/api/task_list?data=%7B%7D", "luigi:view"),
      ("GET", "/luigi/static/a/b.js", "luigi:view"),
      ("GET", "/jobs/etl/log", "log:view etl"),
    ])
  func mapped(method: String, target: String, expected: String) {
    #expect(Self.answer(method, target) == expected)
  }

  @Test(
    "the job is open where our own API asks again, and nowhere else",
    arguments: [
      ("GET", "/runs", true), ("GET", "/runs/42", true), ("POST", "/runs/42/kill", true),
      ("GET", "/jobs", true),
      ("GET", "/approvals", true), ("GET", "/jobs/etl", false), ("POST", "/jobs/etl/runs", false),
      ("GET", "/healthz", false), ("GET", "/luigi/api/task_list", false),
    ])
  func openJobs(method: String, target: String, isOpen: Bool) throws {
    var routes = ActionRoutes.standard
    #expect(routes.add("GET /luigi/api/task_list", "luigi:view") == nil)
    guard case .action(let match) = routes.resolve(method: method, target: target) else {
      Issue.record("\(target) is not mapped")
      return
    }
    #expect(match.jobIsOpen == isOpen)
  }

  @Test(
    "what is not mapped has no action",
    arguments: [
      ("GET", "/"), ("GET", "/jobs/etl/runs"), ("POST", "/jobs"), ("post", "/jobs/etl/runs"),
      ("POST", "/Jobs/etl/runs"), ("POST", "/jobs/etl/RUNS"), ("POST", "/%6Aobs/etl/runs"),
      ("POST", "/jobs/etl/run%73"), ("GET", "/luigi/api/pause"), ("GET", "/luigi/api/%74ask_list"),
      ("GET", "/luigi/static"), ("HEAD", "/runs/42/kill"), ("DELETE", "/jobs/etl"), ("", "/jobs"),
      ("GET", "/healthz/x"), ("PUT", "/healthz"),
    ])
  func unmapped(method: String, target: String) { #expect(Self.answer(method, target) == "-") }

  @Test(
    "a path that two programs may read in two ways is refused",
    arguments: [
      "//jobs/etl/runs", "/jobs//etl/runs", "/jobs/etl/runs/", "/jobs/etl/../admin/runs",
      "/jobs/%2e%2e/runs", "/jobs/./runs", "/jobs/a%2Fb/runs", "/jobs/a%5Cb/runs",
      "/jobs/a\\b/runs",
      "/jobs/a%252Fb/runs", "/jobs/etl;x=1/runs", "/jobs;/etl/runs", "/jobs/etl%3Bx/runs",
      "/jobs/etl%00/runs", "/jobs/etl%0A/runs", "/jobs/etl%20/runs", "/jobs/etl./runs",
      "/jobs/.../runs",
      "/jobs/%E2%80%AEetl/runs", "/jobs/%FF/runs", "/jobs/%/runs", "/jobs/etl#/runs",
      "/jobs/e tl/runs",
      "http://host/jobs/etl/runs", "*", "", "jobs/etl/runs", "/luigi/static/../api/pause",
      "/luigi/static/%2e%2e/api/pause", "/luigi/static//x", "/healthz/", "/healthz;/x", "/é",
    ])
  func ambiguous(target: String) {
    for method in ["GET", "POST"] { #expect(Self.answer(method, target) == "?") }
  }

  @Test("the more specific pattern wins, whatever the order")
  func specific() throws {
    for patterns in [["GET /a/{x}/c", "GET /a/b/*"], ["GET /a/b/*", "GET /a/{x}/c"]] {
      var routes = ActionRoutes.standard
      for pattern in patterns { #expect(routes.add(pattern, "t:\(pattern.utf8.count)") == nil) }
      guard case .action(let match) = routes.resolve(method: "GET", target: "/a/b/c") else {
        Issue.record("no match")
        return
      }
      #expect(match.pattern == "GET /a/b/*")
    }
  }

  @Test(
    "routes that are none, or mapped already, are refused",
    arguments: [
      ("GET /jobs", "a:b"), ("GET /jobs/{name}", "a:b"), ("GET jobs", "a:b"),
      ("GET", "a:b"),
      ("GET /a b", "a:b"), ("GET /a//b", "a:b"), ("GET /a/", "a:b"), ("GET /a%20", "a:b"),
      ("GET /{a}/{a}", "a:b"), ("GET /*/b", "a:b"), ("GET /a;b", "a:b"), ("GET /x", "view"),
      ("GET /x", "a:b:c"), ("GET /x", ""), ("GET /x", "a:"), ("HEAD /x", "a:b"), ("G T /x", "a:b"),
      ("GET /..", "a:b"), ("GET /{}", "a:b"), ("GET /{a-b}", "a:b"),
    ])
  func refused(route: String, action: String) {
    var routes = ActionRoutes.standard
    #expect(routes.add(route, action) != nil)
  }

  @Test(
    "the actions of our own API are for its own routes: nobody else keeps their holds and approvals",
    arguments: AccessAction.ofJobs + AccessAction.ofNoJob)
  func ownActions(action: String) {
    var routes = ActionRoutes.standard
    let problem = routes.add("POST /luigi/api/{job}", action)
    #expect(problem?.contains("is of Vigil's own routes alone") == true)
  }

  @Test("routes of the configuration come behind the standard ones")
  func configuration() throws {
    let text = "{routes: [{route: 'GET /luigi/api/task_list', action: 'luigi:view'}]}"
    let routes = try ConfigurationReader.read(
      Array(text.utf8).span, file: "vigil.json5", ActionRoutes.init(from:))
    guard case .action(let match) = routes.resolve(method: "GET", target: "/luigi/api/task_list")
    else {
      Issue.record("not mapped")
      return
    }
    #expect(match.action == "luigi:view" && match.job == nil)
    let clash = "{routes: [\n{route: 'GET /jobs', action: 'luigi:view'}]}"
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationReader.read(
        Array(clash.utf8).span, file: "vigil.json5", ActionRoutes.init(from:))
    }
    #expect(error.place.line == 2 && error.description.contains("mapped to job:view already"))
  }
}
