package import Ingest
internal import Synchronization

/// The run socket: what shims and the Luigi plugin say about their run, over a Unix socket.
///
/// `POST /runs/{run_id}/events` with `Authorization: Bearer <run token>` and a body of JSON lines. A token
/// is good for its own run alone: a body with an event of another run is refused as a whole, and recorded.
package final class RunSocketService: Sendable {
  /// Bytes of the longest body, and of the longest line in it.
  package static let bodyByteCountMax = 1 << 20
  package static let lineByteCountMax = 256 << 10
  /// Most lines of one body.
  package static let lineCountMax = 1000

  private let tokens: RunTokens
  private let shims: any ShimEventHandling
  private let run: @Sendable (_ runID: String) async -> RunView?
  private let luigi: LuigiIntake
  private let refusals: RunSocketRefusals
  private let surroundings: Surroundings

  /// - Parameters:
  ///   - shims: gets the lines of shims.
  ///   - run: the run as the scheduler knows it; nil for none: its token is then good for nothing.
  ///   - sink: takes Luigi's records, and those of refusals.
  ///   - journalSecret: under which lines are known again; that of the journal behind `sink`, 32 bytes.
  ///   - settings: how Luigi's lines are read: the same as for a followed file, so that a line that
  ///     comes both ways is one record.
  package init(
    tokens: RunTokens, shims: any ShimEventHandling,
    run: @escaping @Sendable (_ runID: String) async -> RunView?, sink: any RecordSink,
    journalSecret: [UInt8], settings: LogSettings = LogSettings(), surroundings: Surroundings
  ) {
    self.tokens = tokens
    self.shims = shims
    self.run = run
    self.surroundings = surroundings
    luigi = LuigiIntake(sink: sink, secret: journalSecret, settings: settings)
    refusals = RunSocketRefusals(sink: sink, surroundings: surroundings)
  }

  /// The limits of the socket's server.
  package static var limits: HTTPLimits {
    var limits = HTTPLimits()
    limits.bodyByteCountMax = bodyByteCountMax
    limits.headerByteCountMax = 8 << 10
    limits.headerCountMax = 30
    return limits
  }

  /// The handler of the socket's server, and of nothing else: a token is no credential anywhere else.
  package var handler: HTTPHandler {
    var router = Router()
    router.add(.post, "/runs/{run_id}/events") { [self] request in
      do throws(APIProblem) {
        return try await take(request).dressed(requestID: nil)
      } catch {
        return error.response(requestID: nil).dressed(requestID: nil)
      }
    }
    return APIFront.handler(router, surroundings: surroundings)
  }

  private func take(_ request: HTTPRequest) async throws(APIProblem) -> HTTPResponse {
    let runID = request.parameters["run_id"] ?? ""
    let run = try await checkToken(request, runID)
    let lines = try RunSocketService.lines(request.body)
    let sorted = RunSocketService.sort(lines, of: runID)
    for case (_, .foreign(let other)) in sorted {
      await refusals.foreign(runID, named: other, request.peer)
      throw APIProblem(.forbidden, "an event names another run than the token's: nothing was taken")
    }
    return RunEventVerdict.response(await take(lines, sorted.map(\.1), run))
  }

  /// How long after its end a run is still heard, in seconds: what was on its way.
  static let lateSecondsMax = 600.0

  private func checkToken(
    _ request: HTTPRequest, _ runID: String
  ) async throws(APIProblem) -> RunView {
    let token = request.headers.onlyValue("Authorization").flatMap(RunSocketService.bearer)
    if let token, APIText.isIdentifier(runID), tokens.accepts(token, for: runID),
      let run = await run(runID),
      surroundings.now().seconds(since: run.endedAt ?? .latest) <= RunSocketService.lateSecondsMax
    {
      return run
    }
    await refusals.unknownToken(runID, isThere: token != nil, request.peer)
    var problem = APIProblem(.unauthorized, "the token is not this run's")
    problem.challenge = "Bearer realm=\"vigil-run\""
    throw problem
  }

  private static func bearer(_ value: String) -> String? {
    let scheme = "Bearer "
    guard HTTPSyntax.equalIgnoringCase(String(value.prefix(scheme.count)), scheme) else {
      return nil
    }
    return String(value.dropFirst(scheme.count))
  }

  // MARK: Lines

  /// A line of a body: its number from 1, and its bytes; nil for one that is too long.
  private typealias Line = (number: Int, bytes: [UInt8]?)

  private static func lines(_ body: [UInt8]) throws(APIProblem) -> [Line] {
    guard body.count <= bodyByteCountMax else {
      throw APIProblem(
        .contentTooLarge, "body of \(body.count) bytes: expected at most \(bodyByteCountMax)")
    }
    var lines: [Line] = []
    var number = 0
    for line in body.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
      guard lines.count < lineCountMax else {
        throw APIProblem(.contentTooLarge, "more than \(lineCountMax) lines: nothing was taken")
      }
      lines.append((number, line.count <= lineByteCountMax ? Array(line) : nil))
    }
    guard !lines.isEmpty else { throw APIProblem(.badRequest, "body: expected lines of JSON") }
    return lines
  }

  private static func sort(_ lines: [Line], of runID: String) -> [(Int, RunEventLine)] {
    var document = JSONDocument()
    return lines.map { line in
      guard let bytes = line.bytes else {
        return (
          line.number,
          .refused(reason: "too_long", detail: "expected at most \(lineByteCountMax) bytes")
        )
      }
      return (line.number, RunEventLine(bytes.span, of: runID, &document))
    }
  }

  /// Takes the lines in their order; shims' lines that follow each other are handed on together.
  private func take(
    _ lines: [Line], _ kinds: [RunEventLine], _ run: RunView
  ) async -> [(line: Int, verdict: RunEventVerdict)] {
    let runID = run.runID
    var verdicts: [(line: Int, verdict: RunEventVerdict)] = []
    var index = 0
    while index < lines.count {
      let bytes = lines[index].bytes ?? []
      switch kinds[index] {
      case .shim:
        let end = kinds[index...].firstIndex { $0 != .shim } ?? kinds.endIndex
        let isHeard = await shims.heard(
          runID: runID, lines: lines[index..<end].map { $0.bytes ?? [] })
        for line in lines[index..<end] {
          verdicts.append((line.number, isHeard ? .accepted : .unavailable))
        }
        index = end
        continue
      case .luigi:
        let verdict = await luigi.take(bytes, of: run, at: surroundings.now())
        verdicts.append((lines[index].number, verdict))
      case .refused(let reason, let detail):
        verdicts.append((lines[index].number, .refused(reason: reason, detail: detail)))
      case .foreign: preconditionFailure("a line of another run was not refused")
      }
      if case .refused(let reason, let detail) = verdicts[verdicts.count - 1].verdict {
        await refusals.badLine(runID, reason, detail)
      }
      index += 1
    }
    return verdicts
  }
}
