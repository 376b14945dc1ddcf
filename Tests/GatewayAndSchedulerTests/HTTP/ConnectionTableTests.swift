import GatewayAndScheduler
import Testing

@Suite struct ConnectionTableTests {
  private static let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.idleMax = .seconds(1)
    limits.receivingMax = .seconds(2)
    limits.handlingMax = .seconds(3)
    limits.sendingMax = .seconds(4)
    return limits
  }()

  @Test(arguments: [
    (ConnectionTable.Phase.idle, 1), (.receiving, 2), (.handling, 3), (.sending, 4),
  ])
  func `each phase is overdue after its own limit, and once`(
    phase: ConnectionTable.Phase, seconds: Int
  ) {
    var table = ConnectionTable(limits: ConnectionTableTests.limits)
    let number = table.open(descriptor: 9, peer: .unnamed, now: .zero)
    table.enter(phase, number, now: .seconds(10))
    let end: Duration = .seconds(10 + seconds)
    #expect(table.takeOverdue(now: end - .nanoseconds(1)).isEmpty)
    #expect(table.takeOverdue(now: end) == [ConnectionTable.Overdue(number: number, phase: phase)])
    #expect(table.takeOverdue(now: end + .seconds(9)).isEmpty)
  }

  @Test func `a new connection is idle from its accept`() {
    var table = ConnectionTable(limits: ConnectionTableTests.limits)
    let number = table.open(descriptor: 9, peer: .unnamed, now: .seconds(5))
    #expect(table.connections[number]?.phase == .idle)
    #expect(table.takeOverdue(now: .seconds(6)).map(\.number) == [number])
  }

  @Test func `a step by step request never meets the deadline of a phase it has left`() {
    var table = ConnectionTable(limits: ConnectionTableTests.limits)
    let number = table.open(descriptor: 9, peer: .unnamed, now: .zero)
    var now = Duration.zero
    for phase in [ConnectionTable.Phase.receiving, .handling, .sending, .idle, .receiving] {
      now += .milliseconds(900)
      #expect(table.takeOverdue(now: now).isEmpty)
      table.enter(phase, number, now: now)
    }
  }

  @Test func `a closed connection is neither overdue nor revived, and its number not used again`() {
    var table = ConnectionTable(limits: ConnectionTableTests.limits)
    let first = table.open(descriptor: 9, peer: .unnamed, now: .zero)
    table.close(first)
    table.enter(.sending, first, now: .zero)
    #expect(table.connections.isEmpty)
    #expect(table.takeOverdue(now: .seconds(99)).isEmpty)
    #expect(table.open(descriptor: 9, peer: .unnamed, now: .zero) != first)
  }
}
