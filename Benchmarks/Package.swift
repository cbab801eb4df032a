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
        .executable(name: "generate-capture", targets: ["generate-capture"])
    ],
    dependencies: [
        .package(name: "tidemark", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .executableTarget(
            name: "generate-capture",
            dependencies: [
                .product(name: "EventTime", package: "tidemark"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: rules)
    ]
)
