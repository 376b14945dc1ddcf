import GatewayAndScheduler
import Testing

@Suite struct FirstAnswerTests {
  @Test("the first of several answers is given, before or while somebody waits for it")
  func first() async {
    let early = FirstAnswer<Int>()
    early.give(1)
    early.give(2)
    #expect(early.isGiven)
    #expect(await early.value(within: .seconds(60), late: 3, cancelled: 4) == 1)
    let awaited = FirstAnswer<Int>()
    #expect(!awaited.isGiven)
    OwnThread.start("answer") { awaited.give(1) }
    #expect(await awaited.value(within: .seconds(60), late: 3, cancelled: 4) == 1)
  }

  @Test("the time's end and a cancellation are answers too")
  func ends() async {
    let late = FirstAnswer<Int>()
    #expect(await late.value(within: .milliseconds(1), late: 3, cancelled: 4) == 3)
    late.give(1)
    let cancelled = FirstAnswer<Int>()
    let task = Task { await cancelled.value(within: .seconds(60), late: 3, cancelled: 4) }
    task.cancel()
    #expect(await task.value == 4)
  }
}
