internal import Ingest

/// Where the values of a gateway's line are that the question asks about, by offset; -1 for absent.
///
/// Found by the fast scanner, or by the full reader where the line is of another look: the same
/// offsets, so that what is read from them is one thing.
struct GatewayPlaces: Sendable {
  var ts = -1
  var user = -1
  var status = -1
  var method = -1
  var uri = -1
  /// The header's list.
  var identifiers = -1

  /// The scanner's number for `method`.
  static let methodNumber = 4

  static func scanner() -> JSONLineScanner {
    var paths = LinePaths()
    for key in ["ts", "user_id", "status"] as [StaticString] { paths.add(key) }
    let request = paths.add("request")
    paths.add("method", in: request)
    paths.add("uri", in: request)
    let headers = paths.add("resp_headers")
    paths.add("X-Request-Id", in: headers)
    return JSONLineScanner(paths)
  }

  /// Of the plain line that `scanner` gave last.
  init(_ scanner: borrowing JSONLineScanner) {
    ts = scanner.value(0)
    user = scanner.value(1)
    status = scanner.value(2)
    method = scanner.value(GatewayPlaces.methodNumber)
    uri = scanner.value(5)
    identifiers = scanner.value(7)
  }

  /// Of a parsed line whose first byte is at `offset`.
  init(_ document: borrowing JSONDocument, at offset: Int) {
    let root = document.root
    ts = document.place("ts", in: root, offset)
    user = document.place("user_id", in: root, offset)
    status = document.place("status", in: root, offset)
    if let request = document.member(root, "request") {
      method = document.place("method", in: request, offset)
      uri = document.place("uri", in: request, offset)
    }
    if let headers = document.member(root, "resp_headers") {
      identifiers = document.place("X-Request-Id", in: headers, offset)
    }
  }
}

/// The same for a line of run events.
struct RunPlaces: Sendable {
  var schema = -1
  var event = -1
  var run = -1
  var request = -1
  var job = -1
  var seconds = -1

  static func scanner() -> JSONLineScanner {
    var paths = LinePaths()
    for key in ["schema", "event", "run_id", "request_id", "job", "seconds"] as [StaticString] {
      paths.add(key)
    }
    return JSONLineScanner(paths)
  }

  /// Of the plain line that `scanner` gave last.
  init(_ scanner: borrowing JSONLineScanner) {
    schema = scanner.value(0)
    event = scanner.value(1)
    run = scanner.value(2)
    request = scanner.value(3)
    job = scanner.value(4)
    seconds = scanner.value(5)
  }

  /// Of a parsed line whose first byte is at `offset`.
  init(_ document: borrowing JSONDocument, at offset: Int) {
    let root = document.root
    schema = document.place("schema", in: root, offset)
    event = document.place("event", in: root, offset)
    run = document.place("run_id", in: root, offset)
    request = document.place("request_id", in: root, offset)
    job = document.place("job", in: root, offset)
    seconds = document.place("seconds", in: root, offset)
  }
}

extension JSONDocument {
  /// Where a member's value begins; -1 for none.
  fileprivate func place(_ key: StaticString, in object: Reference, _ offset: Int) -> Int {
    member(object, key).map { offset + textRange($0).lowerBound } ?? -1
  }
}
