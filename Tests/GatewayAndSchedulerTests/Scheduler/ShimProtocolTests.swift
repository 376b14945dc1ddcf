import GatewayAndScheduler
import Ingest
import ShimProtocol
import Testing

@Suite("ShimSpecification and AttemptReport")
struct ShimProtocolTests {
  private var specification: ShimSpecification {
    var result = ShimSpecification(
      runID: "0123456789abcdef0123456789abcdef", attempt: 2, arguments: ["/bin/echo", "", "a=b\n"])
    result.environment = ["PATH=/bin", "X="]
    result.directory = "/tmp"
    result.limits = [1, -1, 3, -1, 5]
    result.token = "secret"
    return result
  }

  @Test("what is written is read again, empty arguments and equals signs included")
  func roundTrip() throws {
    let bytes = try #require(specification.bytes)
    #expect(ShimSpecification(bytes) == specification)
  }

  @Test("a specification cut anywhere is none")
  func torn() throws {
    let bytes = try #require(specification.bytes)
    for count in 0..<bytes.count {
      #expect(ShimSpecification(Array(bytes[0..<count])) == nil, "cut at \(count)")
    }
  }

  @Test("a text with a zero is no argument, and a description shows no secret")
  func zero() {
    var torn = specification
    torn.arguments.append("a\0b")
    #expect(torn.bytes == nil)
    #expect(!"\(specification)".contains("secret"))
  }

  @Test("a shim's lines are read as far as they are whole; what is none of them says nothing")
  func lines() throws {
    var started = ShimLine(.started, runID: "r", attempt: 1, microseconds: 1_000_000)
    started.field("pid", 5)
    started.field("start_ticks", 6)
    started.field("shim_pid", 7)
    started.field("shim_start_ticks", 8)
    started.field("boot_id", "b-1")
    var exited = ShimLine(.exited, runID: "r", attempt: 1, microseconds: 3_000_000)
    exited.field("cause", ShimLine.Cause.exit.rawValue)
    exited.field("exit_code", 3)
    exited.field("cpu_us", 1500)
    exited.field("stage", "quo\"te\n")
    let bytes = started.line + Array("noise\n{\"event\":\"else\"}\n".utf8) + exited.line
    var whole = AttemptReport()
    whole.read(bytes)
    #expect(whole.started?.process == 5 && whole.started?.bootID == "b-1")
    #expect(whole.exited?.exitCode == 3 && whole.exited?.cpuSeconds == 0.0015)
    #expect(whole.exited?.stage == "quo?te?")
    for count in (started.line.count)..<bytes.count {
      var cut = AttemptReport()
      cut.read(Array(bytes[0..<count]))
      #expect(cut.started != nil && cut.exited == nil, "cut at \(count)")
    }
  }
}
