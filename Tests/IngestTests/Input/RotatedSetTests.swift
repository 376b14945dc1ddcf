import Ingest
import Testing

@Suite struct RotationNameTests {
  @Test(
    "a name tells its set, its age and whether it is compressed",
    arguments: [
      ("x.log", "x.log", RotationName.Age.live, false),
      ("x.log.3.gz", "x.log", .numbered(3), true),
      ("x.log.12", "x.log", .numbered(12), false),
      (
        "caddy-access-2026-11-23T23-39-35.969.log.gz", "caddy-access.log",
        .stamped("2026-11-23T23-39-35.969"), true
      ),
      (
        "caddy-access-2026-11-23T23-39-35.969-size.log", "caddy-access.log",
        .stamped("2026-11-23T23-39-35.969"), false
      ),
      ("x.log-20261123.zst", "x.log", .stamped("20261123"), true),
      ("x-20261123.log", "x.log", .stamped("20261123"), false),
      ("x.log.2026-11-23", "x.log", .stamped("2026-11-23"), false),
      ("server-8443.log", "server-8443.log", .live, false),
      (".gz", ".gz", .live, false),
      ("1", "1", .live, false),
    ])
  func parts(name: String, liveName: String, age: RotationName.Age, isCompressed: Bool) {
    let rotation = RotationName(fileName: name)
    #expect(rotation.liveName == liveName)
    #expect(rotation.age == age)
    #expect(rotation.isCompressed == isCompressed)
  }

  @Test("any bytes are a name", arguments: 0..<50)
  func anyName(seed: Int) {
    var random = InputRandom(seed: seed)
    for _ in 0..<200 {
      let alphabet = Array("x2019-.T_:gzlog")
      let name = String(
        (0..<Int.random(in: 0..<24, using: &random)).map { _ in
          alphabet.randomElement(using: &random) ?? "x"
        })
      #expect(
        RotationName(fileName: name).liveName.utf8.count <= name.utf8.count, "seed \(seed): \(name)"
      )
    }
  }
}

@Suite struct RotatedSetTests {
  @Test("rotated files come oldest first, the live one last, sets in the order of their naming")
  func order() {
    let named = [
      "/l/b.log", "/l/caddy-access.log", "/l/b.log.1", "/l/b.log.10.gz", "/l/b.log.2.gz",
      "/l/caddy-access-2026-11-24T00-00-00.000.log",
      "/l/caddy-access-2026-11-23T23-39-35.969.log.gz",
    ]
    #expect(
      RotatedSet.ordered(named) == [
        "/l/b.log.10.gz", "/l/b.log.2.gz", "/l/b.log.1", "/l/b.log",
        "/l/caddy-access-2026-11-23T23-39-35.969.log.gz",
        "/l/caddy-access-2026-11-24T00-00-00.000.log", "/l/caddy-access.log",
      ])
  }

  @Test("a file named twice, or linked, counts once")
  func sameFile() throws {
    let files = SimulatedLogFiles()
    files.create("x.log")
    files.names["y.log"] = files.names["x.log"]
    let set = try RotatedSet(of: ["x.log", "x.log", "y.log", "-"], in: files)
    #expect(set.paths == ["x.log", "-"])
    #expect(set.repeats.map(\.path) == ["x.log", "y.log"])
  }

  @Test("a rotated file and its growing compressed twin count once, as the plain one")
  func growingTwin() throws {
    let content = Array(String(repeating: "a line of a log\n", count: 300).utf8)
    let plain = "x-2026-11-23T23-39-35.969.log"
    let whole = storedGzip(content)
    for count in [0, 3, 4, 30, 1000, whole.count - 4, whole.count] {
      let files = SimulatedLogFiles()
      files.create(plain)
      files.names[plain]?.bytes = content
      files.create(plain + ".gz")
      files.names[plain + ".gz"]?.bytes = Array(whole[..<count])
      let set = try RotatedSet(of: [plain + ".gz", plain], in: files)
      #expect(set.paths == [plain], "\(count) compressed bytes")
      #expect(set.repeats == [RotatedSet.Repeat(path: plain + ".gz", twin: plain)])
    }
  }

  @Test("a compressed file with other content than the plain one of its name is read too")
  func otherContent() throws {
    let files = SimulatedLogFiles()
    files.create("x.log.1")
    files.names["x.log.1"]?.bytes = Array("new\n".utf8)
    files.create("x.log.1.gz")
    files.names["x.log.1.gz"]?.bytes = storedGzip(Array("old\n".utf8))
    #expect(
      try RotatedSet(of: ["x.log.1.gz", "x.log.1"], in: files).paths == ["x.log.1", "x.log.1.gz"])
  }

  @Test("a missing path is refused")
  func missing() {
    #expect(throws: InputError.missing(path: "no.log")) {
      _ = try RotatedSet(of: ["no.log"], in: SimulatedLogFiles())
    }
  }
}
