/// The gateway asks the table that the API is built from.
extension ActionRoutes: ActionMapping {
  package func mapped(method: HTTPMethod, target: HTTPTarget) -> MappedAction {
    switch resolve(method: method.rawValue, target) {
    case .action(let match):
      var mapped = MappedAction(
        action: match.action, job: match.job, isPublic: match.action == AccessAction.public)
      mapped.jobIsOpen = match.jobIsOpen
      return mapped
    case .unmapped: return MappedAction()
    case .ambiguous(let why):
      var mapped = MappedAction()
      mapped.ambiguity = why
      return mapped
    }
  }
}
