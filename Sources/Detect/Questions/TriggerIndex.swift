/// Finds a trigger by its request id: by the whole id, never by a hash alone.
struct TriggerIndex: Sendable {
  private let secret: TextTable.Secret
  /// Numbers of triggers and 1; 0 is free. At most half is taken.
  private var slots: [UInt32]
  private let triggers: [TriggerRow]

  /// Of several triggers with one id the first is found. Precondition: below 2^32 - 1 triggers.
  init(_ triggers: [TriggerRow], _ secret: TextTable.Secret) {
    precondition(triggers.count < Int(UInt32.max), "\(triggers.count) triggers")
    self.secret = secret
    self.triggers = triggers
    var size = 64
    while size < triggers.count * 2 { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
    for (number, trigger) in triggers.enumerated() where trigger.traits.contains(.hasRequest) {
      let slot = slot(trigger.identifier, trigger.traits)
      if slots[slot] == 0 { slots[slot] = UInt32(number + 1) }
    }
  }

  /// The number of the trigger with this request id; nil without one, or when there is no id.
  func number(_ request: EventIdentifier, _ traits: IdentifierTraits) -> Int? {
    guard traits.contains(.hasRequest) else { return nil }
    let number = slots[slot(request, traits)]
    return number == 0 ? nil : Int(number) - 1
  }

  /// Where the id is, or a free slot.
  private func slot(_ request: EventIdentifier, _ traits: IdentifierTraits) -> Int {
    let hash = TextTable.folded(
      request.high ^ secret.first, TextTable.folded(request.low ^ secret.second, secret.first))
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let other = triggers[Int(slots[slot]) - 1]
      if other.identifier == request,
        other.traits.contains(.requestIsText) == traits.contains(.requestIsText)
      {
        return slot
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }
}
