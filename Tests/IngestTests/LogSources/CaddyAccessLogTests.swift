import Ingest
import Testing

@Suite struct CaddyAccessLogTests {
  /// An access line of Caddy 2.6; each argument stands in place of its default.
  static func line(
    ts: String = "1795477505.997917", request: String = "", status: String = "200",
    duration: String = "0.00505935", headers: String = #""X-Request-Id":["r-1"]"#,
    tail: String = ""
  ) -> String {
    #"{"level":"info","ts":\#(ts),"logger":"http.log.access.log0","msg":"handled request","#
      + #""request":{"remote_ip":"10.0.0.7","remote_port":"38758","proto":"HTTP/2.0","#
      + #""method":"POST","host":"localhost:8443","uri":"/jobs/a%20b/runs?x=1&y=2&x=3","#
      + #""headers":{"User-Agent":["curl/7.88.1"],"X-Request-Id":["spoof"]}\#(request)},"#
      + #""user_id":"alice","duration":\#(duration),"size":249,"status":\#(status),"#
      + #""resp_headers":{\#(headers)}\#(tail)}"#
  }

  private func request(_ line: String, _ settings: LogSettings = LogSettings()) -> RequestRecord? {
    var parser = LineParser(format: .auto, settings: settings)
    return parser.parse(line).request
  }

  @Test func everyFieldOfALineIsRead() throws {
    var parser = LineParser(format: .caddy)
    let tls = #","tls":{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h2"}"#
    let headers =
      #""X-Request-Id":["r-1"],"X-Auth-Groups":["ops, data"],"Location":["/runs/run-9?t=1"]"#
    let text = CaddyAccessLogTests.line(
      request: tls, status: "202", headers: headers, tail: #","bytes_read":17"#)
    let prepared = try #require(parser.parse(text).prepared)
    var expected = RequestRecord()
    expected.requestID = "r-1"
    expected.principal = "alice"
    expected.groups = ["ops", "data"]
    expected.remoteIP = "10.0.0.7"
    expected.remotePort = 38_758
    expected.userAgent = "curl/7.88.1"
    expected.method = "POST"
    expected.host = "localhost:8443"
    expected.path = "/jobs/a%20b/runs"
    expected.queryKeys = ["x", "y"]
    expected.status = 202
    expected.durationSeconds = 0.00505935
    expected.bytesIn = 17
    expected.bytesOut = 249
    expected.job = "a b"
    expected.runID = "run-9"
    expected.tlsVersion = "TLS1.3"
    expected.tlsCipher = "TLS_AES_128_GCM_SHA256"
    #expect(prepared.record.body == .request(expected))
    #expect(prepared.record.header.id == "r-1")
    #expect(prepared.record.header.source == "caddy/local")
    #expect(prepared.record.header.timestamp.rfc3339 == "2026-11-23T23:45:05.997917Z")
    #expect(!prepared.isOriginalVerbatim)
  }

  @Test(arguments: [
    ("1795477505.997917", "2026-11-23T23:45:05.997917Z"),
    ("1795477505", "2026-11-23T23:45:05.000000Z"),
    ("1795477505.9979175", "2026-11-23T23:45:05.997918Z"),
    ("1.795477505997917e9", "2026-11-23T23:45:05.997917Z"),
    ("1795477505997.917", "2026-11-23T23:45:05.997917Z"),
    ("1795477505997917123", "2026-11-23T23:45:05.997917Z"),
    (#""2026-11-23T23:45:05.997917Z""#, "2026-11-23T23:45:05.997917Z"),
    (#""2026-11-24T01:45:05.997917123+02:00""#, "2026-11-23T23:45:05.997917Z"),
    (#""2026-11-24T01:45:05.997+0200""#, "2026-11-23T23:45:05.997000Z"),
    (#""2026/11/23 23:45:05""#, "2026-11-23T23:45:05.000000Z"),
    (#""2026/11/23 23:45:05.997""#, "2026-11-23T23:45:05.997000Z"),
    (#""23/Nov/2026:23:45:05 +0000""#, "2026-11-23T23:45:05.000000Z"),
    (#""24/Nov/2026:01:45:05 +0200""#, "2026-11-23T23:45:05.000000Z"),
    (#""2026\/11\/23 23:45:05""#, "2026-11-23T23:45:05.000000Z"),
  ])
  func aTimeIsReadInEveryFormatThatCaddyHas(_ written: String, _ expected: String) throws {
    var parser = LineParser(format: .auto)
    let parsed = parser.parse(CaddyAccessLogTests.line(ts: written))
    #expect(parsed.prepared?.record.header.timestamp.rfc3339 == expected, "\(parsed)")
  }

  @Test(arguments: [
    "0", "5", "-1795477505", "946684799", "253402300800", "1795477505997917", "1e300",
    #""yesterday""#, #""1795477505""#, #""2026-13-01T00:00:00Z""#,
  ])
  func aTimeWithAnOpenUnitIsRefusedAndTheSettingNamed(_ written: String) throws {
    var parser = LineParser(format: .auto)
    let text = CaddyAccessLogTests.line(ts: written)
    let rejection = try #require(parser.parse(text).rejection)
    #expect(rejection.reason == .badTime)
    #expect(rejection.detail.contains("timeUnit") || written.hasPrefix("\""))
    let place = text.utf8.dropFirst(rejection.byteOffset).prefix(1)
    #expect(place.elementsEqual(written.utf8.drop { $0 == 0x22 }.prefix(1)))
  }

  @Test func aConfiguredTimeUnitDecidesWhatAutomaticRefuses() throws {
    var settings = LogSettings()
    settings.timeUnit = .seconds
    var parser = LineParser(format: .auto, settings: settings)
    let early = parser.parse(CaddyAccessLogTests.line(ts: "5.25"))
    #expect(early.prepared?.record.header.timestamp.rfc3339 == "1970-01-01T00:00:05.250000Z")
    let milliseconds = parser.parse(CaddyAccessLogTests.line(ts: "1795477505997.917"))
    #expect(milliseconds.rejection?.reason == .badTime)
  }

  @Test func wallTimesAreUTCUnlessAnOffsetIsSet() throws {
    var settings = LogSettings()
    settings.wallOffsetMinutes = 120
    var parser = LineParser(format: .auto, settings: settings)
    let parsed = parser.parse(CaddyAccessLogTests.line(ts: #""2026/11/24 01:45:05""#))
    #expect(parsed.prepared?.record.header.timestamp.rfc3339 == "2026-11-23T23:45:05.000000Z")
  }

  @Test(arguments: [
    ("0", 0), ("0.5", 0.5), ("0.000005979", 0.000005979), ("2.0", 2), ("5e-06", 5e-06),
    (#""14.661µs""#, 0.000014661), (#""14.661\u03bcs""#, 0.000014661), (#""0s""#, 0),
    (#""1m2.5s""#, 62.5), (#""1h0m0.000000001s""#, 3600.000000001), (#""250ms""#, 0.25),
    (#""12ns""#, 12e-9), (#""7us""#, 7e-6),
  ])
  func aDurationIsReadInEveryFormatThatNeedsNoSetting(_ written: String, _ expected: Double) {
    #expect(request(CaddyAccessLogTests.line(duration: written))?.durationSeconds == expected)
  }

  @Test(arguments: ["1", "16996", "86400000000", #""1.5""#, #""-1s""#, #""s""#, #""1x""#, #""""#])
  func aDurationWithAnOpenUnitIsRefused(_ written: String) throws {
    var parser = LineParser(format: .auto)
    let rejection = parser.parse(CaddyAccessLogTests.line(duration: written)).rejection
    #expect(rejection?.reason == .badDuration)
  }

  @Test(arguments: [
    (DurationUnit.seconds, 16_996.0), (.milliseconds, 16.996), (.nanoseconds, 0.000016996),
  ])
  func aConfiguredDurationUnitIsTakenAtItsWord(_ unit: DurationUnit, _ expected: Double) {
    var settings = LogSettings()
    settings.durationUnit = unit
    let read = request(CaddyAccessLogTests.line(duration: "16996"), settings)
    #expect(read?.durationSeconds == expected)
  }

  @Test func laterVersionsNameTheClientAndAppendFields() throws {
    let read = try #require(
      request(
        CaddyAccessLogTests.line(
          request: #","client_ip":"203.0.113.9""#, headers: "",
          tail: #","request_id":"r-2","groups":["ops"],"traceID":"#
            + #""4bf92f3577b34da6a3ce929d0e0e4736","uuid":"u-1""#)))
    #expect(read.remoteIP == "203.0.113.9")
    #expect(read.requestID == "r-2")
    #expect(read.groups == ["ops"])
    #expect(read.traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
    let minted = request(CaddyAccessLogTests.line(headers: "", tail: #","uuid":"u-1""#))
    #expect(minted?.requestID == "u-1")
  }

  @Test func theClientsOwnHeadersNeverGiveAnIdOrAnIdentity() throws {
    let read = try #require(request(CaddyAccessLogTests.line(headers: "")))
    #expect(read.requestID == nil)
    #expect(read.groups.isEmpty)
  }

  @Test func anUnresolvedPlaceholderIsAbsent() throws {
    let text = CaddyAccessLogTests.line(
      headers: #""X-Auth-Groups":["{http.reverse_proxy.header.Remote-Groups}"],"#
        + #""X-Request-Id":["{http.request.uuid}"]"#,
      tail: "")
    let read = try #require(
      request(text.replacing(#""user_id":"alice""#, with: #""user_id":"{http.auth.user.id}""#)))
    #expect(read.principal == nil && read.groups.isEmpty && read.requestID == nil)
  }

  @Test func anAnonymousRequestHasNoPrincipal() throws {
    let text = CaddyAccessLogTests.line().replacing(#""alice""#, with: #""""#)
    #expect(try #require(request(text)).principal == nil)
  }

  @Test func suitesAndVersionsWithoutANameAreHexadecimal() throws {
    let tls = #","tls":{"version":773,"cipher_suite":4866,"client_serial":"51483147918309850542"}"#
    let read = try #require(request(CaddyAccessLogTests.line(request: tls)))
    #expect(read.tlsVersion == "0x0305")
    #expect(read.tlsCipher == "TLS_AES_256_GCM_SHA384")
    let odd = request(CaddyAccessLogTests.line(request: #","tls":{"cipher_suite":51}"#))
    #expect(odd?.tlsCipher == "0x0033")
  }

  @Test(arguments: [
    (#""status":200"#, #""status":"200""#, Rejection.Reason.wrongType),
    (#""status":200"#, #""status":2000"#, .outOfRange),
    (#""size":249"#, #""size":-1"#, .outOfRange),
    (#""remote_port":"38758""#, #""remote_port":"http""#, .outOfRange),
    (#""duration":0.00505935"#, #""duration":-0.5"#, .outOfRange),
    (#""duration":0.00505935"#, #""duration":[]"#, .wrongType),
    (#""user_id":"alice""#, #""user_id":7"#, .wrongType),
    (#""ts":1795477505.997917,"#, "", .missingField),
  ])
  func aFieldOfAnotherTypeIsARejectionThatNamesIt(
    _ good: String, _ bad: String, _ reason: Rejection.Reason
  ) throws {
    var parser = LineParser(format: .caddy)
    let text = CaddyAccessLogTests.line().replacing(good, with: bad)
    let rejection = try #require(parser.parse(text).rejection)
    #expect(rejection.reason == reason)
    if !bad.isEmpty {
      let tail = String(decoding: text.utf8.dropFirst(rejection.byteOffset), as: UTF8.self)
      let key = bad.prefix { $0 != ":" }
      #expect(!tail.contains(key) && text.contains(key), "the offset is the value's")
    }
  }

  @Test(arguments: [
    ("POST /run/{job}", "POST", "/run/x", "x"), ("POST /run/{job}", "GET", "/run/x", nil),
    ("post /run/{job}", "POST", "/run/x", "x"), ("POST /run/{job}", "POST", "/run/", nil),
    ("POST /run/{job}", "POST", "/run/x/", nil), ("PUT /a/{job}/b", "PUT", "/a/%C3%A9/b", "é"),
    ("PUT /a/{job}/b", "PUT", "/%61/y/b", "y"),
  ])
  func aTriggerRouteNamesTheJob(
    _ route: String, _ method: String, _ path: String, _ job: String?
  ) throws {
    var settings = LogSettings()
    settings.triggerRoutes = [try #require(TriggerRoute(route))]
    let text = CaddyAccessLogTests.line()
      .replacing("/jobs/a%20b/runs?x=1&y=2&x=3", with: path).replacing("POST", with: method)
    #expect(try #require(request(text, settings)).job == job)
  }

  @Test(arguments: ["", "POST", "/jobs/{job}", "POST jobs/{job}", "POST /a", "POST /{job}/{job}"])
  func aRouteWithoutExactlyOneJobIsNoRoute(_ text: String) {
    #expect(TriggerRoute(text) == nil)
  }
}
