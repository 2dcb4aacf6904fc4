// swift-tools-version: 6.2
// What a package needs that fine-tunes through the library; `tools/library-example/run` builds and runs it.
import PackageDescription

let package = Package(
  name: "library-example",
  dependencies: [.package(name: "FineTune", path: "../..")],
  targets: [
    .executableTarget(name: "library-example", dependencies: [.product(name: "FineTune", package: "FineTune")])
  ],
  swiftLanguageModes: [.v6]
)
