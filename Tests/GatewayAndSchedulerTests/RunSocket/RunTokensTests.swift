import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

/// Run tokens and the key behind them.
@Suite struct RunTokensTests {
  private static let key = (0..<32).map { UInt8($0) }

  @Test func `a token is the HMAC of the run's id, in base64url`() throws {
    let tokens = try #require(RunTokens(key: Self.key))
    // printf 'vigil-run-token\nrun-1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f -binary | base64
    #expect(tokens.token(for: "run-1") == "Msd9nRilA5c3OCConyKRKcZufGbUB0ddqEMrM0AeKLo")
    #expect(tokens.accepts(tokens.token(for: "run-1"), for: "run-1"))
    for number in 0..<64 {
      let token = tokens.token(for: "run-\(number)")
      #expect(
        token.utf8.count == 43 && token.utf8.allSatisfy { $0 != 0x2B && $0 != 0x2F && $0 != 0x3D })
    }
  }

  @Test func `a token is good for its run alone, and only whole`() throws {
    let tokens = try #require(RunTokens(key: Self.key))
    let other = try #require(RunTokens(key: Self.key.reversed()))
    let token = tokens.token(for: "run-1")
    #expect(!tokens.accepts(token, for: "run-2") && !tokens.accepts(token, for: ""))
    #expect(!other.accepts(token, for: "run-1"))
    #expect(!tokens.accepts("", for: "run-1") && !tokens.accepts(token + "=", for: "run-1"))
    for place in token.indices {
      var changed = token
      changed.replaceSubrange(place...place, with: token[place] == "A" ? "B" : "A")
      #expect(!tokens.accepts(changed, for: "run-1"))
    }
  }

  @Test func `a key has 32 bytes, and never shows`() throws {
    #expect(RunTokens(key: []) == nil && RunTokens(key: Array(Self.key.dropLast())) == nil)
    let tokens = try #require(RunTokens(key: Self.key))
    var dumped = ""
    dump(tokens, to: &dumped)
    for text in ["\(tokens)", String(reflecting: tokens), dumped] {
      #expect(text.contains("run tokens") && !text.contains("31"), "\(text)")
    }
  }

  @Test func `the key is made once, for its owner alone, and found again after a power loss`()
    throws
  {
    let storage = SimulatedStorage()
    let first = try RunTokenKey.tokens(
      in: storage, randomBytes: { [UInt8](repeating: 7, count: $0) })
    let file = try storage.open(RunTokenKey.fileName, .reading)
    #expect(try file.permissions() == 0o600)
    for loss in SimulatedStorage.Loss.allCases {
      let after = storage.afterPowerLoss(loss, seed: 1)
      let second = try RunTokenKey.tokens(in: after, randomBytes: { _ in nil })
      #expect(second.accepts(first.token(for: "run-1"), for: "run-1"))
    }
  }

  @Test func `a key that cannot be had is an error, and one that is odd is left as it is`() throws {
    let storage = SimulatedStorage()
    #expect(throws: RunTokenKeyError.noRandomBytes) {
      _ = try RunTokenKey.tokens(in: storage, randomBytes: { _ in nil })
    }
    for count in [0, 31, 33, 100] {
      storage.put(RunTokenKey.fileName, [UInt8](repeating: 1, count: count))
      #expect(throws: RunTokenKeyError.wrongLength(byteCountFound: min(count, 33))) {
        _ = try RunTokenKey.tokens(in: storage, randomBytes: { [UInt8](repeating: 7, count: $0) })
      }
      #expect(storage.bytes(RunTokenKey.fileName)?.count == count)
    }
  }

  @Test func `a key that could not be stored is not used`() throws {
    for index in 0..<12 {
      let storage = SimulatedStorage()
      storage.faultIndex = index
      do {
        _ = try RunTokenKey.tokens(in: storage, randomBytes: { [UInt8](repeating: 7, count: $0) })
        #expect(storage.afterPowerLoss(.dropped, seed: 1).bytes(RunTokenKey.fileName)?.count == 32)
      } catch .storage { continue }
    }
  }
}
