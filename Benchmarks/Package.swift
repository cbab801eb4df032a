// swift-tools-version: 6.2
import PackageDescription

/// The rules of the parent's targets.
let rules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A package of its own, so that what only measurements need stays out of everybody's build. It sees
/// what is `public` in Tidemark and nothing else, as any other user of the engine does.
let package = Package(
    name: "tidemark-benchmarks",
    products: [
        .executable(name: "generate-capture", targets: ["generate-capture"]),
        .executable(name: "run-engine", targets: ["run-engine"]),
    ],
    dependencies: [
        .package(name: "tidemark", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Without its traits: what they stand for are interposers that other systems' packages bring.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .target(
            name: "EngineJobs", dependencies: [.product(name: "EventTime", package: "tidemark")],
            swiftSettings: rules),
        .executableTarget(
            name: "run-engine",
            dependencies: ["EngineJobs", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: rules),
        .executableTarget(
            name: "EngineBenchmarks",
            dependencies: ["EngineJobs", .product(name: "Benchmark", package: "benchmark")],
            path: "EngineBenchmarks", swiftSettings: rules,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
        .executableTarget(
            name: "generate-capture",
            dependencies: [
                .product(name: "EventTime", package: "tidemark"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: rules),
    ]
)
