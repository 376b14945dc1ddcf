// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every Swift target: language mode 6, the upcoming features that house
// rules rely on, strict memory safety, and no warning left standing.
// VIGIL_FUZZ is set by Fuzz/run.sh alone: everything is then instrumented, and there is one more
// executable, which links libFuzzer.
let isFuzzing = Context.environment["VIGIL_FUZZ"] == "1"
let fuzzing: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : []
let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
  ] + fuzzing

// lld, since libFuzzer brings a main of its own beside ours, which gold refuses to choose from.
let fuzzTool = Target.executableTarget(
  name: "fuzz", dependencies: ["FuzzHarnesses"], path: "Fuzz/Driver",
  swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])],
  linkerSettings: [
    .unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "muldefs"])
  ])

// Intel's multi-buffer hashing is made for one architecture; elsewhere its wrapper has no lanes.
#if arch(x86_64)
  let hashLanes: [LinkerSetting] = [.linkedLibrary("IPSec_MB")]
#else
  let hashLanes: [LinkerSetting] = []
#endif

/// The arrows of ARCHITECTURE.md: Correlate -> Ingest; Detect -> Correlate, Ingest;
/// Report -> Detect, Correlate, Ingest; GatewayAndScheduler -> Ingest, ShimProtocol; vigil-shim -> ShimProtocol; vigil -> all. Nothing else.
let package = Package(
  name: "Vigil",
  products: [
    .executable(name: "vigil", targets: ["vigil"]),
    .executable(name: "vigil-shim", targets: ["vigil-shim"]),
  ],
  dependencies: [],
  targets: [
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CZstandard", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .target(name: "CPlatform"),
    .target(name: "CHashLanes", linkerSettings: hashLanes),

    .target(
      name: "Ingest", dependencies: ["CCrypto", "CZlib", "CZstandard", "CPlatform", "CHashLanes"],
      swiftSettings: settings,
      linkerSettings: [.linkedLibrary("m")]),
    .target(name: "Correlate", dependencies: ["Ingest"], swiftSettings: settings),
    .target(name: "Detect", dependencies: ["Correlate", "Ingest"], swiftSettings: settings),
    .target(
      name: "Report", dependencies: ["Detect", "Correlate", "Ingest", "CSQLite", "CZip"],
      swiftSettings: settings),
    .target(
      name: "GatewayAndScheduler",
      dependencies: ["Ingest", "ShimProtocol", "CMicroHTTPD", "CCurl", "CPlatform"],
      swiftSettings: settings),
    // What stands between the scheduler and a job. It starts with every run, so it links next to nothing.
    .target(name: "ShimProtocol", swiftSettings: settings),
    .executableTarget(
      name: "vigil-shim", dependencies: ["ShimProtocol", "CPlatform"], swiftSettings: settings),
    .executableTarget(
      name: "vigil",
      dependencies: [
        "Report", "Detect", "Correlate", "Ingest", "GatewayAndScheduler", "CPlatform",
      ],
      swiftSettings: settings),

    // The seeded stream of fixtures/sixty-days: a library, so that tests can leave an incident out,
    // and a small tool that writes the committed files.
    .target(
      name: "SixtyDays", path: "fixtures/sixty-days/generator", swiftSettings: settings),
    .executableTarget(
      name: "sixty-days", dependencies: ["SixtyDays"], path: "fixtures/sixty-days/tool",
      swiftSettings: settings),

    // Measured beside its peers by Benchmarks/durable/run.sh.
    .executableTarget(
      name: "durable-benchmark", dependencies: ["Ingest"], path: "Benchmarks/durable/driver",
      swiftSettings: settings),
    // Trigger latency and triggers a second, with shims beside it: Benchmarks/scheduler/run.sh.
    .executableTarget(
      name: "scheduler-benchmark", dependencies: ["GatewayAndScheduler", "Ingest"],
      path: "Benchmarks/scheduler/driver", swiftSettings: settings),
    // Faults thrown at the built tool and at a loaded journal; what and how: Tests/Campaigns/Campaign.swift.
    .executableTarget(
      name: "campaign", dependencies: ["Ingest", "TestSupport"], path: "Tests/Campaigns",
      swiftSettings: settings),

    // One harness for each parser of bytes from outside, and the tool that hands them to libFuzzer.
    .target(
      name: "FuzzHarnesses",
      dependencies: ["GatewayAndScheduler", "Ingest", "Report", "TestSupport"],
      path: "Fuzz/Harnesses", swiftSettings: settings),

    .target(
      name: "TestSupport", dependencies: ["Ingest"], path: "Tests/TestSupport",
      swiftSettings: settings),
    .testTarget(
      name: "IngestTests", dependencies: ["CPlatform", "Ingest", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "CorrelateTests", dependencies: ["Correlate", "Ingest", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "DetectTests", dependencies: ["Detect", "Correlate", "Ingest", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "ReportTests",
      dependencies: ["Report", "Detect", "Correlate", "Ingest", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "GatewayAndSchedulerTests",
      dependencies: [
        "GatewayAndScheduler", "Ingest", "ShimProtocol", "TestSupport", "vigil-shim",
      ],
      swiftSettings: settings),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzHarnesses"], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "SixtyDays", "Report", "Detect", "GatewayAndScheduler", "Ingest", "TestSupport", "vigil",
        "sixty-days", "campaign",
      ],
      swiftSettings: settings),
  ] + (isFuzzing ? [fuzzTool] : [])
)
