// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the library's users never build it: `swift run -c release` in this directory.
let package = Package(
  name: "benchmark",
  dependencies: [.package(name: "FineTune", path: "../..")],
  targets: [
    .executableTarget(name: "benchmark-images", dependencies: [.product(name: "FineTune", package: "FineTune")]),
    .executableTarget(name: "benchmark-kernels", dependencies: [.product(name: "FineTune", package: "FineTune")]),
  ],
  swiftLanguageModes: [.v6]
)
