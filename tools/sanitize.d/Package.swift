// swift-tools-version: 6.2
import PackageDescription

// The engine and its tests alone: what a sanitizer should look at, without the minutes that everything else takes to build.
// tools/sanitize puts this beside links to Sources and Tests.
let package = Package(
  name: "sanitize",
  dependencies: [.package(url: "https://github.com/apple/swift-collections", from: "1.6.0")],
  targets: [
    .target(name: "CMutexAnnotations", path: "CMutexAnnotations"),
    .target(name: "CKernels", exclude: ["README.md"]),
    .target(name: "JSON", dependencies: [.product(name: "OrderedCollections", package: "swift-collections")]),
    .target(name: "Tensors"),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng"),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg"),
    .target(name: "CImageShims", dependencies: ["CPNG", "CJPEG"], exclude: ["README.md"]),
    .target(name: "Images", dependencies: ["JSON", "Tensors", "CImageShims"]),
    .executableTarget(name: "DemoImages", dependencies: ["Images", "Tensors"]),
    .target(name: "Kernels", dependencies: ["Tensors", "CKernels"]),
    .target(name: "Layers", dependencies: ["JSON", "Tensors", "Kernels"]),
    .target(name: "Execution", dependencies: ["Layers"]),
    .target(
      name: "TestSupport", dependencies: ["Kernels", "Layers", "Tensors", "CMutexAnnotations"],
      path: "Tests/TestSupport"),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
    .testTarget(name: "ImagesTests", dependencies: ["Images", "DemoImages", "JSON", "TestSupport"]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"]),
    .testTarget(name: "ExecutionTests", dependencies: ["Execution", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)

for target in package.targets
where target.type != .system && !["CKernels", "CImageShims", "CMutexAnnotations"].contains(target.name) {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
  ]
}
