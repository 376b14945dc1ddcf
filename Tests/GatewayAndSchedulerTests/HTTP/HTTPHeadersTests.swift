import GatewayAndScheduler
import Testing

@Suite struct HTTPHeadersTests {
  let headers: HTTPHeaders = ["Accept": "a", "X-One": "1", "ACCEPT": "b"]

  @Test func `names are found in any case, and duplicates keep their order`() {
    #expect(headers["accept"] == "a")
    #expect(headers.values("aCCept") == ["a", "b"])
    #expect(headers["x-one"] == "1")
    #expect(headers["missing"] == nil)
    #expect(headers.fields.map(\.name) == ["Accept", "X-One", "ACCEPT"])
  }

  @Test func `a field that comes twice has no only value`() {
    #expect(headers.onlyValue("accept") == nil)
    #expect(headers.onlyValue("X-ONE") == "1")
    #expect(headers.onlyValue("missing") == nil)
  }

  @Test func `replacing puts one field in place of all of the name`() {
    var changed = headers
    changed.replace("accept", with: "c")
    #expect(changed.values("Accept") == ["c"])
    changed.remove("X-One")
    #expect(changed.fields.count == 1)
  }

  @Test(arguments: [
    ("Location", "/a\r\nSet-Cookie: x"), ("X", "a\nb"), ("X", "\u{0}"), ("X", "\u{7F}"),
    ("X", " lead"), ("X", "trail\t"), ("", "v"), ("a b", "v"), ("a:b", "v"), ("é", "v"),
  ])
  func `a field that would break the message is found`(name: String, value: String) {
    var headers: HTTPHeaders = ["Good": "é\tas text"]
    #expect(headers.firstUnsendable == nil)
    headers.append(name, value)
    #expect(headers.firstUnsendable == .init(name: name, value: value))
  }

  @Test(arguments: ["", "GE T", "GET\n", "é", String(repeating: "A", count: 33)])
  func `a text that is no token of 32 bytes is no method`(text: String) {
    #expect(HTTPMethod(rawValue: text) == nil)
  }

  @Test func `known and unknown methods compare by their exact name`() {
    #expect(HTTPMethod(rawValue: "GET") == .get)
    #expect(HTTPMethod(rawValue: "get") != .get)
    #expect(HTTPMethod(rawValue: "PURGE")?.rawValue == "PURGE")
  }

  @Test func `status codes lie between 100 and 599`() {
    #expect(HTTPStatus(code: 99) == nil)
    #expect(HTTPStatus(code: 600) == nil)
    #expect(HTTPStatus(code: 404) == .notFound)
    #expect(HTTPStatus(code: 299)?.isSuccess == true)
    #expect(HTTPStatus(code: 300)?.isSuccess == false)
  }
}
