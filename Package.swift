// swift-tools-version: 6.2
import PackageDescription

/// Rules every target keeps: warnings fail the build, `any` is spelled out.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "tidemark",
    products: [
        .library(name: "EventTime", targets: ["EventTime"]),
        .library(name: "EventTimeTesting", targets: ["EventTimeTesting"]),
        .library(name: "CheckpointStore", targets: ["CheckpointStore"]),
        .executable(name: "tidemark", targets: ["tidemark"]),
        .executable(name: "eventtime-vectors", targets: ["eventtime-vectors"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CSandbox"),

        .systemLibrary(name: "CPrefetch"),
        .systemLibrary(name: "CMemory"),
        .systemLibrary(name: "CChecksum"),

        .target(name: "EventTime", dependencies: ["CPrefetch", "CMemory"], swiftSettings: rules),
        .target(name: "EventTimeTesting", dependencies: ["EventTime"], swiftSettings: rules),
        .target(name: "Packets", swiftSettings: rules + [.strictMemorySafety()]),
        .target(
            name: "Capture", dependencies: ["CPcap", "CLZ4", "CZlib", "CZstd", "Packets"],
            swiftSettings: rules),
        .target(name: "Flows", dependencies: ["CPrefetch", "Packets", "EventTime"], swiftSettings: rules),
        .target(
            name: "CheckpointStore", dependencies: ["CLZ4", "CZlib", "CChecksum", "EventTime"], swiftSettings: rules
        ),
        .target(name: "HostStatistics", dependencies: ["Flows", "Packets", "EventTime"], swiftSettings: rules),
        .target(
            name: "Reports", dependencies: ["HostStatistics", "Flows", "Packets", "EventTime"],
            swiftSettings: rules),
        .target(
            name: "Pipeline",
            dependencies: [
                "CheckpointStore", "Capture", "Reports", "HostStatistics", "Flows", "Packets", "EventTime",
            ],
            swiftSettings: rules),
        .target(name: "Sandbox", dependencies: ["CSandbox", "CSeccomp"], swiftSettings: rules),
        .target(
            name: "Dashboard", dependencies: ["Reports", "HostStatistics", "Flows", "Packets", "EventTime"],
            swiftSettings: rules),
        .executableTarget(
            name: "tidemark",
            dependencies: [
                "Pipeline", "CheckpointStore", "Dashboard", "Sandbox", "Reports", "Capture", "Packets", "EventTime",
                argumentParser,
            ],
            swiftSettings: rules),

        .executableTarget(
            name: "eventtime-vectors", dependencies: ["EventTime", argumentParser], swiftSettings: rules),

        // Not in the package of the other measurements: reports are no library.
        .executableTarget(
            name: "run-rows", dependencies: ["Reports", "HostStatistics", "Flows", "Packets", "EventTime"],
            path: "Benchmarks/Rows", swiftSettings: rules),

        .target(name: "TestSupport", dependencies: ["Packets"], path: "Tests/TestSupport", swiftSettings: rules),
        .testTarget(name: "ArchitectureTests", swiftSettings: rules),
        .testTarget(
            name: "PacketsTests", dependencies: ["Packets", "Capture", "TestSupport"], swiftSettings: rules),
        .testTarget(name: "CaptureTests", dependencies: ["Capture", "TestSupport"], swiftSettings: rules),
        .testTarget(
            name: "EventTimeTests", dependencies: ["EventTime", "CheckpointStore", "TestSupport"],
            exclude: ["Vectors", "WrongPipelines"], swiftSettings: rules),
        .testTarget(
            name: "EventTimeTestingTests", dependencies: ["EventTimeTesting", "EventTime", "TestSupport"],
            swiftSettings: rules),
        .testTarget(
            name: "FlowsTests", dependencies: ["Flows", "Packets", "EventTime", "TestSupport"], swiftSettings: rules
        ),
        .testTarget(
            name: "HostStatisticsTests",
            dependencies: ["HostStatistics", "Flows", "Packets", "EventTime", "TestSupport"], swiftSettings: rules),
        .executableTarget(
            name: "SandboxProbe", dependencies: ["Sandbox", "EventTime"], path: "Tests/SandboxProbe",
            swiftSettings: rules),
        .testTarget(
            name: "SandboxTests", dependencies: ["Sandbox", "SandboxProbe", "TestSupport"], swiftSettings: rules),
        .testTarget(
            name: "CheckpointStoreTests",
            dependencies: ["CheckpointStore", "CheckpointLoop", "SnapshotLoop", "EventTime", "TestSupport"],
            exclude: ["Samples"], swiftSettings: rules),
        .executableTarget(
            name: "CheckpointLoop", dependencies: ["CheckpointStore", "EventTime"], path: "Tests/CheckpointLoop",
            swiftSettings: rules),
        .executableTarget(
            name: "SnapshotLoop", dependencies: ["CheckpointStore", "EventTime"], path: "Tests/SnapshotLoop",
            swiftSettings: rules),
        .testTarget(name: "ReportsTests", dependencies: ["Reports", "TestSupport"], swiftSettings: rules),
        .testTarget(name: "DashboardTests", dependencies: ["Dashboard", "TestSupport"], swiftSettings: rules),
        .testTarget(
            name: "PipelineTests", dependencies: ["Pipeline", "CheckpointStore", "EventTime", "TestSupport"],
            swiftSettings: rules),
        .systemLibrary(name: "CInjection", path: "Tests/CInjection"),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "tidemark", "eventtime-vectors", "CInjection", "CheckpointStore", "EventTime", "TestSupport",
            ],
            exclude: ["Samples"], swiftSettings: rules),
    ]
)
