/// The gateway asks the table that the API is built from.
extension ActionRoutes: ActionMapping {
  package func action(
    method: HTTPMethod, target: HTTPTarget
  ) -> (action: String?, job: String?, isPublic: Bool) {
    guard case .action(let match) = resolve(method: method.rawValue, target) else {
      return (nil, nil, false)
    }
    return (match.action, match.job, match.action == AccessAction.public)
  }
}
