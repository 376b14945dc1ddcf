/// What a request is about, in the policy's words.
package struct MappedAction: Sendable, Equatable {
  /// Nil where nothing is routed: then nobody may.
  package var action: String?
  package var job: String?
  /// The route names no job and whoever answers it asks again with one.
  package var jobIsOpen = false
  /// Nobody has to show a credential for it.
  package var isPublic = false
  /// Why the target could be read in two ways; nil when it cannot.
  package var ambiguity: String?

  package init(action: String? = nil, job: String? = nil, isPublic: Bool = false) {
    self.action = action
    self.job = job
    self.isPublic = isPublic
  }
}

/// Says what a request is about.
package protocol ActionMapping: Sendable {
  /// - Parameters:
  ///   - method: the client's.
  ///   - target: the client's, path and query.
  func mapped(method: HTTPMethod, target: HTTPTarget) -> MappedAction
}
