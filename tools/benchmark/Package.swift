// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the library's users never build it: `swift run -c release` in this directory.
let package = Package(
  name: "benchmark",
  dependencies: [.package(name: "FineTune", path: "../..")],
  targets: [
    // What the processor does at most where no kernel of ours says it: bfloat16, and the clock.
    .target(name: "CProbe"),
    .executableTarget(name: "benchmark-images", dependencies: [.product(name: "FineTune", package: "FineTune")]),
    .executableTarget(name: "benchmark-kernels", dependencies: [.product(name: "FineTune", package: "FineTune")]),
    .executableTarget(
      name: "benchmark-models", dependencies: ["CProbe", .product(name: "FineTune", package: "FineTune")]),
  ],
  swiftLanguageModes: [.v6]
)
