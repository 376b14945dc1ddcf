import GatewayAndScheduler
import Ingest

extension Harness {
  static let http: [Harness] = [
    Harness(
      "http-target", byteCountMax: 1024,
      words: [
        "%2F", "%2e", "%25", "..", "//", "http://h", "?", "&", "=", "+", "*", "%C3%A9", "%00",
      ],
      seeds: {
        texts(
          "/", "*", "/runs/42%20a?tail=5&x=a+b", "http://host/a?b", "/a/%E2%82%AC/", "/a%2Fb",
          "/%2e%2e/x", "https://h")
      }, run: HTTPProperties.target),
    Harness(
      "http-head",
      words: [
        "Content-Length: ", "Transfer-Encoding: chunked", "Expect: 100-continue", "Host: h", "\n",
        ": ", "18446744073709551616",
      ],
      seeds: {
        texts(
          "POST /add-checkpoint\nHost: localhost\nContent-Length: 12\nExpect: 100-continue",
          "GET /\nHost: a\nHost: b", "PUT /x?y=z\nTransfer-Encoding: chunked\nContent-Length: 1")
      }, run: HTTPProperties.head),
  ]
}

/// What is taken can be read in one way only.
enum HTTPProperties {
  static func target(_ bytes: [UInt8]) throws {
    let target: HTTPTarget
    do { target = try HTTPTarget(bytes) } catch { return }
    try require(target.text.utf8.elementsEqual(bytes), "another text")
    try require(
      target.segments.count <= HTTPTarget.partCountMax
        && target.query.count <= HTTPTarget.partCountMax, "too many parts")
    for segment in target.segments {
      let isSafe = segment.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && $0 != "/" && $0 != "\\" && $0.value != 0x7F
      }
      try require(isSafe && segment != "." && segment != "..", "segment \(segment)")
    }
    let encoded = encoded(target)
    let again: HTTPTarget
    do { again = try HTTPTarget(encoded) } catch {
      throw BrokenProperty(description: "encoded again it is refused: \(error)")
    }
    try require(again.segments == target.segments, "other segments: \(again.segments)")
    try require(again.query == target.query, "another query: \(again.query)")
  }

  /// Path and query with every byte that could mean anything escaped.
  private static func encoded(_ target: HTTPTarget) -> [UInt8] {
    let path = "/" + target.segments.map(escaped).joined(separator: "/")
    let items = target.query.map { escaped($0.name) + "=" + escaped($0.value) }
    return Array((items.isEmpty ? path : path + "?" + items.joined(separator: "&")).utf8)
  }

  private static func escaped(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return text.utf8.map { byte in
      let isPlain = (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
      return isPlain
        ? String(Unicode.Scalar(byte))
        : "%" + String(digits[Int(byte >> 4)]) + String(digits[Int(byte & 15)])
    }.joined()
  }

  /// Method, target and fields, one a line, as the library would hand them over.
  static func head(_ bytes: [UInt8]) throws {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    let first = (lines.first ?? []).split(
      separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
    let fields = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
      return RawField(
        name: Array(line[..<colon]), value: Array(line[colon...].dropFirst().drop { $0 == 0x20 }))
    }
    let limits = HTTPLimits()
    let result = RequestHead.judge(
      method: Array(first.first ?? []), target: Array(first.dropFirst().first ?? []),
      fields: fields, peer: .unnamed, limits: limits)
    switch result {
    case .failure(let refusal):
      try require((400..<600).contains(refusal.response.status.code), "\(refusal.response.status)")
      try requireLegible(String(refusal.response.body.text.dropLast()))
    case .success(let request):
      try require(request.headers.fields.count == fields.count, "a field is gone")
      let lengths =
        request.headers.values("content-length") + request.headers.values("TRANSFER-ENCODING")
      try require(lengths.count <= 1, "two lengths: \(lengths)")
      for field in request.headers.fields {
        let isOneLine = field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        try require(isOneLine && !field.name.isEmpty, "field \(field.name)")
      }
    }
  }
}
