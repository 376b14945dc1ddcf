import Foundation
import Ingest
import TestSupport

/// Faults thrown at the built tool and at a loaded journal, each followed by an audit.
///
///     campaign strace|kill|disk|writers|all [--short] [--seed N] [--count N] [--vigil PATH]
///
/// Prints how many faults were tried and how many acknowledged entries were checked; status 1 when
/// an audit failed, and then the seed and the folder that shows it.
@main
enum Campaign {
  static func main() async {
    let words = Array(CommandLine.arguments.dropFirst())
    do {
      if words.first == "load" { return try await LoadGenerator.main(Array(words.dropFirst())) }
      if words.first == "append" { return try ScriptedAppends.main(Array(words.dropFirst())) }
      let options = try CampaignOptions(words)
      var failureCount = 0
      for name in options.names {
        let report = try run(name, options)
        print(report.text)
        failureCount += report.failures.count
      }
      exit(failureCount == 0 ? 0 : 1)
    } catch {
      FileHandle.standardError.write(Data("campaign: \(error)\n".utf8))
      exit(2)
    }
  }

  private static func run(_ name: String, _ options: CampaignOptions) throws -> CampaignReport {
    switch name {
    case "strace": try SystemCallCampaign(options).run()
    case "kill": try KillCampaign(options).run()
    case "disk": try FullDiskCampaign(options).run()
    default: try TwoWritersCampaign(options).run()
    }
  }
}

/// A mistake on the command line, or something that the campaign cannot do without.
struct CampaignError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What to run and how much of it.
struct CampaignOptions {
  static let all = ["strace", "kill", "disk", "writers"]

  var names: [String] = []
  var isShort = false
  var seed: UInt64 = 1
  /// Faults of each campaign; nil for the campaign's own number.
  var count: Int?
  /// The tool, beside this program unless told otherwise.
  var vigil = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("vigil").path

  init(_ words: [String]) throws {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--short": isShort = true
      case "--seed": seed = try CampaignOptions.number(rest.popFirst())
      case "--count": count = Int(try CampaignOptions.number(rest.popFirst()))
      case "--vigil": vigil = rest.popFirst() ?? ""
      case "all": names = CampaignOptions.all
      default: names.append(word)
      }
    }
    let unknown = names.first { !CampaignOptions.all.contains($0) }
    guard unknown == nil, !names.isEmpty else {
      throw CampaignError(
        "found \(unknown ?? "no name"), expected one of \(CampaignOptions.all.joined(separator: ", ")) or all"
      )
    }
    guard FileManager.default.isExecutableFile(atPath: vigil) else {
      throw CampaignError("\(vigil): no executable, expected the built tool (--vigil PATH)")
    }
  }

  private static func number(_ text: String?) throws -> UInt64 {
    guard let number = text.flatMap({ UInt64($0) }), number < 1 << 40 else {
      throw CampaignError("found \(text ?? "nothing"), expected a whole number")
    }
    return number
  }
}

/// What came of a campaign.
struct CampaignReport {
  let name: String
  var faultCount = 0
  var acknowledgedCount = 0
  var notes: [String] = []
  var failures: [String] = []

  init(_ name: String) { self.name = name }

  /// Keeps at most 20 failures in full.
  mutating func check(_ condition: Bool, _ story: @autoclosure () -> String) {
    if !condition { failures.append(failures.count < 20 ? story() : "more") }
  }

  var text: String {
    let verdict = failures.isEmpty ? "all held" : "\(failures.count) FAILED"
    let head =
      "\(name): \(faultCount) faults tried, \(acknowledgedCount) acknowledged entries checked, \(verdict)"
    return ([head] + notes.map { "  " + $0 } + failures.prefix(20).map { "  FAILED " + $0 })
      .joined(separator: "\n")
  }
}
