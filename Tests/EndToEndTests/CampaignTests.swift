import Foundation
import Testing

/// The short form of each campaign; `make campaign` runs the long one.
@Suite("campaigns", .serialized) struct CampaignTests {
  @Test(
    "nothing acknowledged is lost, whatever fails",
    arguments: ["strace", "kill", "disk", "writers"])
  func short(name: String) throws {
    let ran = try BuiltTool.run(program: "campaign", [name, "--short"])
    print(ran.output, terminator: "")
    #expect(ran.status == 0, "\(ran.output)\(ran.errors)")
    #expect(ran.output.contains("faults tried") && ran.output.contains("all held"))
  }

  @Test("a campaign that does not exist is refused with the names of those that do")
  func unknown() throws {
    let ran = try BuiltTool.run(program: "campaign", ["flood"])
    #expect(ran.status == 2)
    #expect(ran.errors.contains("found flood, expected one of strace, kill, disk, writers or all"))
  }
}
