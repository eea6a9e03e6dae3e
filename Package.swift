// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]

/// Tests use Glibc at large and Foundation's JSON; marking each call `unsafe` there would tell nobody anything.
let testSettings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "tw-inspect",
  products: [
    .executable(name: "tw-inspect", targets: ["tw-inspect"])
  ],
  dependencies: [
    // Exactly this one: it writes completions/ and the help that man/ is made from, which are committed.
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CMnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
    .target(name: "CLinux"),
    .target(name: "NetlinkCodec", swiftSettings: settings),
    .target(name: "BPFCodec", swiftSettings: settings),
    .target(name: "SocketTable", dependencies: ["NetlinkCodec"], swiftSettings: settings),
    .target(name: "Diagnosis", dependencies: ["SocketTable", "NetlinkCodec"], swiftSettings: settings),
    .target(
      name: "Handbook", dependencies: ["NetlinkCodec", "Diagnosis", "SocketTable"], swiftSettings: settings),
    .target(
      name: "Reports", dependencies: ["NetlinkCodec", "Handbook", "Diagnosis", "SocketTable"],
      swiftSettings: settings),
    .target(
      name: "LinuxHost",
      dependencies: ["CMnl", "CLinux", "NetlinkCodec", "BPFCodec", "SocketTable", "Diagnosis"],
      swiftSettings: settings),
    .target(
      name: "Demo", dependencies: ["NetlinkCodec", "LinuxHost", "Reports", "Diagnosis", "SocketTable"],
      swiftSettings: settings),
    .executableTarget(
      name: "tw-inspect",
      dependencies: [
        "CLinux", "NetlinkCodec", "SocketTable", "Diagnosis", "Handbook", "Reports", "LinuxHost", "Demo",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    .target(name: "CTestSupport", path: "Tests/CTestSupport"),
    // Writes man/*.1 from the commands' help, and man/*.5 (make man). Not installed.
    .executableTarget(
      name: "man-pages", path: "man/generator", exclude: ["README.md"], swiftSettings: testSettings),

    // The JSON that tests see, for scripts/check-json.
    .target(name: "JSONLog", path: "Tests/JSONLog", swiftSettings: testSettings),
    .target(
      name: "TestSupport", dependencies: ["CLinux", "CTestSupport", "JSONLog"], path: "Tests/TestSupport",
      swiftSettings: testSettings),
    // In what kernels differ, for the live tests.
    .target(
      name: "KernelSupport", dependencies: ["LinuxHost", "SocketTable", "TestSupport"],
      path: "Tests/KernelSupport", swiftSettings: testSettings),
    // Records and trials to test with; the pure modules only, so that their tests need no kernel.
    .target(
      name: "RecordSupport", dependencies: ["NetlinkCodec", "Diagnosis", "SocketTable"],
      path: "Tests/RecordSupport",
      swiftSettings: testSettings),
    // What holds of any bytes: for the fuzzer, and for the tests with what the fuzzer has found (Tests/Fuzz/run).
    .target(
      name: "FuzzChecks", dependencies: ["NetlinkCodec", "BPFCodec", "SocketTable"],
      path: "Tests/Fuzz/Checks",
      swiftSettings: testSettings),
    .testTarget(
      name: "NetlinkCodecTests", dependencies: ["NetlinkCodec", "CMnl", "RecordSupport"],
      swiftSettings: testSettings),
    .testTarget(
      name: "BPFCodecTests", dependencies: ["BPFCodec", "FuzzChecks"], swiftSettings: testSettings),
    .testTarget(
      name: "SocketTableTests", dependencies: ["SocketTable", "NetlinkCodec", "RecordSupport", "FuzzChecks"],
      swiftSettings: testSettings),
    .testTarget(
      name: "DiagnosisTests", dependencies: ["NetlinkCodec", "Diagnosis", "SocketTable", "RecordSupport"],
      swiftSettings: testSettings),
    .testTarget(
      name: "HandbookTests", dependencies: ["NetlinkCodec", "Handbook", "Diagnosis", "SocketTable"],
      swiftSettings: testSettings),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "NetlinkCodec", "Reports", "Handbook", "Diagnosis", "SocketTable", "RecordSupport", "JSONLog",
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "LinuxHostTests",
      dependencies: [
        "LinuxHost", "Reports", "Handbook", "Diagnosis", "SocketTable", "NetlinkCodec", "BPFCodec",
        "TestSupport", "KernelSupport", "JSONLog",
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "CommandTests", dependencies: ["TestSupport", "KernelSupport", "tw-inspect"],
      exclude: ["Screens"],
      swiftSettings: testSettings),
    // What CONTRIBUTING.md and docs/schema say, held against what they speak of.
    .testTarget(
      name: "ProjectTests",
      dependencies: ["Reports", "Handbook", "Diagnosis", "SocketTable", "NetlinkCodec"],
      swiftSettings: testSettings),
    .testTarget(name: "ManualPagesTests", dependencies: ["man-pages"], swiftSettings: testSettings),
    // Every sentence that users can meet, in docs/sentences.txt.
    .testTarget(
      name: "SentencesTests",
      dependencies: [
        "Reports", "Handbook", "Diagnosis", "SocketTable", "RecordSupport", "TestSupport", "tw-inspect",
        "man-pages",
      ],
      swiftSettings: testSettings),
  ],
  swiftLanguageModes: [.v6]
)
