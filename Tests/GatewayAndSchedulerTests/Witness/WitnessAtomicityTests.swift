import Foundation
import GatewayAndScheduler
import Synchronization
import Testing

/// Check and store are one step: at once, in every order, and with a store that fails.
@Suite struct WitnessAtomicityTests {
  private static let log = ToyLog()

  /// Every order of the requests 0 to 3, 3 to 5, 3 to 6 (a rival), 5 to 6 and 0 to 6.
  private static let steps = [(0, 3), (3, 5), (3, 6), (5, 6), (0, 6)]

  private static func orders(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in
      orders(items.filter { $0 != first }).map { [first] + $0 }
    }
  }

  @Test func `in all 120 orders of five requests, what is cosigned is one chain`() {
    for order in WitnessAtomicityTests.orders(Array(0..<5)) {
      let witness = toyWitness()
      var latest = 0
      for step in order {
        let (old, new) = WitnessAtomicityTests.steps[step]
        let answer = witness.add(WitnessAtomicityTests.log.request(from: old, to: new))
        if old == latest {
          #expect(answer.response.status == .ok, "order \(order), step \(step)")
          latest = new
        } else {
          #expect(answer == .conflict(latestSize: latest), "order \(order), step \(step)")
        }
      }
    }
  }

  @Test(arguments: 0..<4)
  func `of rivals at once for one size exactly one is cosigned`(round: Int) async throws {
    let store = ToyStore()
    let witness = toyWitness(store)
    let rivals = (1...16).map { ToyLog(branch: "rival \($0)").request(from: 0, to: 5 + $0) }
    let answers = try await withThrowingTaskGroup(of: WitnessAnswer.self) { group in
      for body in rivals { group.addTask { try await offPool { witness.add(body) } } }
      return try await group.reduce(into: [WitnessAnswer]()) { $0.append($1) }
    }
    let cosigned = answers.filter { $0.response.status == .ok }
    #expect(cosigned.count == 1, "round \(round)")
    #expect(store.records.count == 1)
    #expect(answers.count { $0.response.status == .conflict } == 15)
  }

  @Test func `no check of one origin begins while a write of it is under way`() async throws {
    let store = ToyStore()
    let witness = toyWitness(store)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<24 {
        group.addTask {
          _ = try await offPool {
            witness.add(ToyLog(branch: "\(number % 3)").request(from: 0, to: 5))
          }
        }
      }
      try await group.waitForAll()
    }
    for (index, event) in store.log.enumerated() where event == "write begins" {
      #expect(store.log[index + 1] == "write ends")
    }
    #expect(store.log.count { $0 == "write begins" } >= 1)
  }

  @Test func `a write for one origin does not hold up another`() async throws {
    let holder = Mutex<ToyWitness?>(nil)
    let answered = Mutex<[WitnessAnswer]>([])
    // Within the write for one origin, a request for the other runs to its end on another thread.
    let store = ToyStore(duringWrite: { name in
      guard name == ToyStore.name(of: "example.com/log"), let witness = holder.withLock({ $0 })
      else { return }
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        let other = ToyLog(origin: "example.com/other").request(from: 0, to: 3)
        let answer = witness.add(other)
        answered.withLock { $0.append(answer) }
        done.signal()
      }
      done.wait()
    })
    let witness = toyWitness(store)
    holder.withLock { $0 = witness }
    let answer = try await offPool {
      witness.add(WitnessAtomicityTests.log.request(from: 0, to: 5))
    }
    #expect(answer.response.status == .ok)
    #expect(answered.withLock { $0.map(\.response.status) } == [.ok])
    holder.withLock { $0 = nil }
  }

  /// Three writes, a fault at each in turn, then a new process on what the store kept.
  @Test(arguments: 0..<3, ToyStore.Fault.allCases)
  func `a store failure gives no cosignature, and what comes after still extends what was given`(
    position: Int, fault: ToyStore.Fault
  ) {
    let log = WitnessAtomicityTests.log
    let store = ToyStore(fault: (position, fault))
    let witness = toyWitness(store)
    let sizes = [2, 5, 9]
    var given: [Int] = []
    for size in sizes {
      let answer = witness.add(log.request(from: given.last ?? 0, to: size))
      switch answer {
      case .cosigned: given.append(size)
      case .conflict: Issue.record("\(size): \(answer)")
      case .refused(let refusal): #expect(refusal == .recordUnavailable)
      }
    }
    // A write that is known not to have happened may be tried again; after any other the origin
    // stays closed in this process.
    let expected =
      fault == .failedNotDone
      ? sizes.enumerated().filter { $0.offset != position }.map(\.element)
      : Array(sizes.prefix(position))
    #expect(given == expected)

    let restarted = toyWitness(ToyStore(records: store.records))
    guard case .conflict(let latest) = restarted.add(log.request(from: 1, to: 20)) else {
      Issue.record("no conflict with old size 1")
      return
    }
    #expect(latest >= given.last ?? 0, "rolled back behind a cosignature")
    #expect(restarted.add(log.request(from: latest, to: 20)).response.status == .ok)
    let fork = ToyLog(branch: "fork")
    #expect(restarted.add(fork.request(from: 20, to: 21)) == .refused(.inconsistent))
  }

  @Test func `a crash between check and store leaves the old record, and no cosignature`() {
    // The process ends inside the write: the store keeps what it had before.
    let before = ToyStore()
    let log = WitnessAtomicityTests.log
    #expect(toyWitness(before).add(log.request(from: 0, to: 5)).response.status == .ok)
    let copy = Mutex<[String: [UInt8]]>([:])
    let crashing = ToyStore(
      records: before.records, fault: (0, .uncertainNotDone),
      duringWrite: { _ in copy.withLock { $0 = before.records } })
    let answer = toyWitness(crashing).add(log.request(from: 5, to: 9))
    #expect(answer == .refused(.recordUnavailable))
    let restarted = toyWitness(ToyStore(records: copy.withLock { $0 }))
    #expect(restarted.add(log.request(from: 5, to: 7)).response.status == .ok)
  }

  @Test func `any flipped byte of a record is damage, never another size`() throws {
    let store = ToyStore()
    let log = WitnessAtomicityTests.log
    #expect(toyWitness(store).add(log.request(from: 0, to: 12)).response.status == .ok)
    let name = ToyStore.name(of: log.origin)
    let record = try #require(store.records[name])
    for index in record.indices {
      var flipped = record
      flipped[index] ^= 1
      let witness = toyWitness(ToyStore(records: [name: flipped]))
      #expect(witness.add(log.request(from: 12, to: 13)) == .refused(.recordUnavailable))
      #expect(witness.latestNote(originHash: name) == nil)
    }
    let short = toyWitness(ToyStore(records: [name: Array(record.dropLast())]))
    #expect(short.add(log.request(from: 12, to: 13)) == .refused(.recordUnavailable))
    let empty = toyWitness(ToyStore(records: [name: []]))
    #expect(empty.add(log.request(from: 0, to: 13)) == .refused(.recordUnavailable))
    let other = ToyStore.name(of: "example.com/other")
    let swapped = toyWitness(ToyStore(records: [other: record]))
    let request = ToyLog(origin: "example.com/other").request(from: 12, to: 13)
    #expect(swapped.add(request) == .refused(.recordUnavailable))
  }
}
