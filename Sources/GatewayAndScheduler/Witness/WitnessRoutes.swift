extension Router {
  /// Adds a witness's two calls: `POST <prefix>/add-checkpoint` and
  /// `GET <prefix>/<origin hash>/checkpoint`.
  ///
  /// - Parameter prefix: empty, or a path that begins with a slash and does not end in one.
  package mutating func addWitness<Store, Cryptography>(
    _ witness: Witness<Store, Cryptography>, prefix: String = ""
  ) {
    add(.post, prefix + "/add-checkpoint") { request in witness.add(request.body).response }
    add(.get, prefix + "/{origin}/checkpoint") { request in
      let note = request.parameters["origin"].flatMap { witness.latestNote(originHash: $0) }
      guard let note else { return .text(.notFound, "no checkpoint of this origin") }
      return HTTPResponse(
        .ok,
        headers: ["Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"],
        body: note)
    }
  }
}

extension WitnessAnswer {
  /// The answer as C2SP tlog-witness puts it.
  package var response: HTTPResponse {
    switch self {
    case .cosigned(let lines):
      HTTPResponse(
        .ok, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(lines.utf8))
    case .conflict(let latestSize):
      HTTPResponse(
        .conflict, headers: ["Content-Type": "text/x.tlog.size"],
        body: Array("\(latestSize)\n".utf8))
    case .refused(let refusal): .text(refusal.status, refusal.sentence)
    }
  }
}

extension WitnessRefusal {
  /// The status that the specification gives it.
  package var status: HTTPStatus {
    switch self {
    case .malformedBody, .oldSizeBeyondCheckpoint: .badRequest
    case .noTrustedSignature, .badSignature: .forbidden
    case .unknownOrigin: .notFound
    case .emptyTreeWithOtherRoot, .proofFromEmptyTree, .sameSizeWithOtherRoot, .proofForSameSize,
      .inconsistent:
      .unprocessableContent
    case .recordUnavailable: .internalServerError
    }
  }

  fileprivate var sentence: String {
    switch self {
    case .malformedBody: "body is not an add-checkpoint request"
    case .oldSizeBeyondCheckpoint: "old size is larger than the checkpoint's"
    case .noTrustedSignature: "no signature of a trusted key"
    case .badSignature: "signature of a trusted key does not verify"
    case .unknownOrigin: "origin is not witnessed here"
    case .emptyTreeWithOtherRoot: "root of the empty tree is not the hash of nothing"
    case .proofFromEmptyTree: "proof given for old size 0"
    case .sameSizeWithOtherRoot: "same size as the latest checkpoint, other root"
    case .proofForSameSize: "proof given for equal sizes"
    case .inconsistent: "consistency proof does not verify"
    case .recordUnavailable: "record unavailable"
    }
  }
}
