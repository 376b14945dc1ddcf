import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

/// Tokens over a simulated disk, with a journal that is a list.
final class TokenBench {
  let storage = SimulatedStorage()
  var records: [Record] = []
  /// The journal refuses from this record on.
  var recordCountMax = Int.max
  private var random: SeededRandom

  init(seed: UInt64 = 1) { random = SeededRandom(seed: seed) }

  struct JournalIsFull: Error {}

  var store: ServiceTokenStore { ServiceTokenStore(storage) }

  func issuer(
    over storage: SimulatedStorage? = nil, by name: String? = nil
  ) -> ServiceTokenIssuer {
    ServiceTokenIssuer(
      ServiceTokenStore(storage ?? self.storage), by: name, randomBytes: draw(count:), record: tell)
  }

  private func draw(count: Int) -> [UInt8]? { random.bytes(count: count) }

  private func tell(_ record: Record) throws {
    guard records.count < recordCountMax else { throw JournalIsFull() }
    if !records.contains(record) { records.append(record) }
  }

  static func wish(_ scopes: [String] = ["run:trigger:etl"]) -> ServiceTokenIssuer.Wish {
    ServiceTokenIssuer.Wish(principal: "svc-ci", scopes: scopes)
  }

  func contents() throws -> ServiceTokenStore.Contents {
    guard let key = try store.key() else { return ServiceTokenStore.Contents() }
    return try store.read(key)
  }
}

@Suite struct ServiceTokenTests {
  private let now = ManualClock().now

  @Test("every record names who did it, also one that a crash left out and another command tells")
  func operatorName() throws {
    let bench = TokenBench()
    let old = try bench.issuer(by: "lee").create(TokenBench.wish(), at: now)
    let new = try bench.issuer(by: "kim\n").rotate(old.id, overlapSeconds: 60, at: now)
    _ = try bench.issuer(by: "amy").create(TokenBench.wish(), at: now)
    bench.recordCountMax = bench.records.count
    #expect(throws: TokenBench.JournalIsFull.self) {
      try bench.issuer(by: "ann").revoke(new.id, reason: "leaked", at: now)
    }
    bench.recordCountMax = .max
    _ = try bench.issuer(by: "zoe").create(TokenBench.wish(), at: now)
    let reasons = bench.records.compactMap { record in
      if case .control(let control) = record.body { control.reason } else { nil }
    }
    try #require(reasons.count == 6)
    for (reason, name) in zip(reasons, ["lee", "kim\\u{a}", "kim\\u{a}", "amy", "ann", "zoe"]) {
      #expect(reason.hasSuffix(", by \"\(name)\""), "\(reason)")
    }
  }

  @Test("a token has one spelling, and shows its secret only when asked to")
  func text() throws {
    let token = try TokenBench().issuer().create(TokenBench.wish(), at: now)
    let text = token.reveal()
    #expect(
      text.utf8.count == ServiceTokenText.byteCount && text.hasPrefix("vigil_" + token.id + "_"))
    #expect(ServiceTokenText(text) == token)
    for wrong in [
      text.uppercased(), text + "0", String(text.dropLast()), "vigil-" + text.dropFirst(6),
      String(text.dropLast()) + "g", "", "vigil_", text.replacing("_", with: "-"),
    ] { #expect(ServiceTokenText(wrong) == nil) }
    let secret = text.suffix(64)
    var shown = ""
    dump(token, to: &shown)
    for form in ["\(token)", String(reflecting: token), shown] {
      #expect(form.contains(token.id) && !form.contains(secret.prefix(8)))
    }
  }

  @Test("the token file holds no secret, and a changed byte of it makes all of it unbelieved")
  func sealed() throws {
    let bench = TokenBench()
    let token = try bench.issuer().create(TokenBench.wish(), at: now)
    let secret = token.reveal().suffix(64)
    let bytes = try #require(bench.storage.bytes(ServiceTokenStore.fileName))
    #expect(!String(decoding: bytes, as: UTF8.self).contains(secret))
    #expect(try bench.contents().table.entry(token.id)?.grant.principal == "svc-ci")
    for place in bytes.indices.dropLast() {
      bench.storage.flipBit(ServiceTokenStore.fileName, byte: place, bit: place % 7)
      #expect(throws: ServiceTokenStoreError.self, "byte \(place)") { try bench.contents() }
      bench.storage.put(ServiceTokenStore.fileName, bytes)
    }
  }

  @Test("a key that others may read, or that is gone, is refused")
  func key() throws {
    let bench = TokenBench()
    _ = try bench.issuer().create(TokenBench.wish(), at: now)
    bench.storage.setPermissions(ServiceTokenKey.fileName, 0o640)
    #expect(throws: ServiceTokenStoreError.key(problem: "found mode 640: expected 600")) {
      try bench.store.key()
    }
    bench.storage.delete(ServiceTokenKey.fileName)
    #expect(throws: ServiceTokenStoreError.self) {
      try bench.issuer().create(TokenBench.wish(), at: now)
    }
    #expect(bench.storage.bytes(ServiceTokenKey.fileName) == nil)
  }

  @Test("a rotation keeps what the token is good for, and the records say it as detection reads it")
  func rotation() throws {
    let bench = TokenBench()
    var wish = TokenBench.wish()
    wish.groups = ["ci"]
    wish.zone = "Europe/Berlin"
    wish.secondsGood = 86_400
    let old = try bench.issuer().create(wish, at: now)
    let later = now.advanced(bySeconds: 3600)
    let new = try bench.issuer().rotate(old.id, overlapSeconds: 600, at: later)
    let table = try bench.contents().table
    let (before, after) = (try #require(table.entry(old.id)), try #require(table.entry(new.id)))
    #expect(after.grant.groups == ["ci"] && after.grant.zone == "Europe/Berlin")
    #expect(after.grant.scopes == wish.scopes && after.replaces == old.id)
    #expect(after.grant.expiresAt == later.advanced(bySeconds: 86_400))
    #expect(before.state(at: later.advanced(bySeconds: 600)) == .overlapping)
    #expect(before.state(at: later.advanced(bySeconds: 600.000_001)) == .rotatedAway)
    let controls = bench.records.map(\.body).compactMap { body -> ControlRecord? in
      if case .control(let control) = body { control } else { nil }
    }
    #expect(controls.map(\.event) == [.tokenCreated, .tokenCreated, .tokenRotated])
    #expect(controls.map(\.subject) == [old.id, new.id, old.id])
    #expect(controls[2].counts == [.init("overlap_s", 600)])
    #expect(bench.records[2].header.timestamp == later)
  }

  @Test("only a good token is rotated, once, and what is revoked stays so")
  func states() throws {
    let bench = TokenBench()
    let issuer = bench.issuer()
    let old = try issuer.create(TokenBench.wish(), at: now)
    let new = try issuer.rotate(old.id, overlapSeconds: 60, at: now)
    let again = try #require(throws: ServiceTokenRefusal.self) {
      try issuer.rotate(old.id, overlapSeconds: 60, at: now)
    }
    #expect(again.description.contains("rotate its successor \(new.id)"))
    try issuer.revoke(new.id, reason: "leaked", at: now)
    #expect(try bench.contents().table.entry(new.id)?.revocationReason == "leaked")
    let count = bench.records.count
    try issuer.revoke(new.id, reason: "again", at: now.advanced(bySeconds: 5))
    #expect(bench.records.count == count)
    #expect(try bench.contents().table.entry(new.id)?.revocationReason == "leaked")
    #expect(throws: ServiceTokenRefusal.self) {
      try issuer.revoke("0123456789abcdef", reason: nil, at: now)
    }
    #expect(throws: ServiceTokenRefusal.self) {
      try issuer.rotate(new.id, overlapSeconds: 1, at: now)
    }
  }

  @Test(
    "wishes that no token can stand for are refused",
    arguments: [
      ("", ["*"], 60.0), ("a\nb", ["*"], 60), ("a,b", ["*"], 60),
      (String(repeating: "a", count: 257), ["*"], 60),
      ("a", [], 60), ("a", ["run"], 60), ("a", ["run:"], 60), ("a", ["run:trigger:"], 60),
      ("a", ["*"], 0),
      ("a", Array(repeating: "*", count: 101), 60),
    ] as [(String, [String], Double)])
  func wishes(principal: String, scopes: [String], seconds: Double) throws {
    let bench = TokenBench()
    var wish = ServiceTokenIssuer.Wish(principal: principal, scopes: scopes)
    wish.secondsGood = seconds
    #expect(throws: ServiceTokenRefusal.self) { try bench.issuer().create(wish, at: now) }
    #expect(bench.records.isEmpty && bench.storage.paths.isEmpty)
  }

  @Test("a torn last line is left out by readers and taken away by the next writer")
  func torn() throws {
    let bench = TokenBench()
    let first = try bench.issuer().create(TokenBench.wish(), at: now)
    let whole = try #require(bench.storage.bytes(ServiceTokenStore.fileName))
    _ = try bench.issuer().create(TokenBench.wish(), at: now)
    let both = try #require(bench.storage.bytes(ServiceTokenStore.fileName))
    for count in whole.count..<both.count {
      bench.storage.put(ServiceTokenStore.fileName, Array(both[..<count]))
      #expect(try bench.contents().table.all.map(\.grant.id) == [first.id])
    }
    let third = try bench.issuer().create(TokenBench.wish(), at: now)
    #expect(try bench.contents().table.all.map(\.grant.id) == [first.id, third.id])
  }
}

/// Power is lost, or a call fails, at each operation in turn.
@Suite struct ServiceTokenCrashTests {
  private let now = ManualClock().now

  /// The credentials of the journal, good or retired.
  private static func known(_ records: [Record]) -> Set<String> {
    Set(
      records.compactMap { record in
        guard case .control(let control) = record.body, control.event == .tokenCreated else {
          return nil
        }
        return control.subject
      })
  }

  private func check(_ bench: TokenBench, _ storage: SimulatedStorage, _ place: String) throws {
    let store = ServiceTokenStore(storage)
    guard let key = try store.key() else { return }
    let contents = try store.read(key)
    let known = Self.known(bench.records)
    for entry in contents.table.all {
      #expect(
        known.contains(entry.grant.id), "\(place): a credential that the journal does not know")
    }
    // The next command tells what is missing, and goes on.
    _ = try bench.issuer(over: storage).create(TokenBench.wish(), at: now.advanced(bySeconds: 9))
    let retired = try store.read(key).table.all.filter { $0.rotation != nil || $0.revokedAt != nil }
    for entry in retired {
      let isTold = bench.records.contains { record in
        guard case .control(let control) = record.body else { return false }
        return control.subject == entry.grant.id && control.event != .tokenCreated
      }
      #expect(isTold, "\(place): \(entry.grant.id) was retired, and the journal was not told")
    }
  }

  @Test(
    "power lost at any operation leaves no credential good that the journal does not know",
    arguments: SimulatedStorage.Loss.allCases)
  func powerLoss(loss: SimulatedStorage.Loss) throws {
    var operations = 0
    while true {
      let bench = TokenBench(seed: UInt64(operations))
      let old = try bench.issuer().create(TokenBench.wish(), at: now)
      let before = bench.storage.operationCount
      bench.storage.faultIndex = before + operations
      bench.storage.fault = .powerLoss
      do {
        _ = try bench.issuer().rotate(old.id, overlapSeconds: 60, at: now)
        try bench.issuer().revoke(old.id, reason: nil, at: now)
        break
      } catch {}
      try check(
        bench, bench.storage.afterPowerLoss(loss, seed: UInt64(operations)),
        "\(loss) at \(operations)")
      operations += 1
    }
    #expect(operations > 10)
  }

  @Test(
    "a call that fails, done or not, does the same",
    arguments: [SimulatedStorage.Fault.failedAndNotDone, .failedButDone])
  func failures(fault: SimulatedStorage.Fault) throws {
    for operation in 0..<200 {
      let bench = TokenBench(seed: UInt64(operation))
      let old = try bench.issuer().create(TokenBench.wish(), at: now)
      bench.storage.faultIndex = bench.storage.operationCount + operation
      bench.storage.fault = fault
      do {
        _ = try bench.issuer().rotate(old.id, overlapSeconds: 60, at: now)
        try bench.issuer().revoke(old.id, reason: nil, at: now)
        if bench.storage.operationCount <= operation { return }
      } catch {}
      bench.storage.faultIndex = nil
      try check(bench, bench.storage.copy(), "\(fault) at \(operation)")
    }
  }

  @Test("a journal that takes no more leaves the file without the credential", arguments: 0..<4)
  func journalFull(count: Int) throws {
    let bench = TokenBench()
    let old = try bench.issuer().create(TokenBench.wish(), at: now)
    bench.recordCountMax = 1 + count
    let rotated = try? bench.issuer().rotate(old.id, overlapSeconds: 60, at: now)
    #expect((rotated != nil) == (count >= 2))
    bench.recordCountMax = .max
    try check(bench, bench.storage, "after \(count) records")
  }
}
