// swift-tools-version: 6.2
import Foundation
import PackageDescription

// On Linux the tool carries in itself what has an archive here: Swift's libraries and, of the C ones, all but glibc. So it runs
// where none of them is installed, and starts in half the time, most of which the loader took. CONTRIBUTING.md says more.
// FINETUNE_LINK=dynamic for toolchains that come without static libraries.
let staticRuntime: [LinkerSetting] =
  Context.environment["FINETUNE_LINK"] == "dynamic"
  ? []
  : [
    .unsafeFlags(
      [
        "-static-stdlib", "-use-ld=lld", "-l_CFURLSessionInterface", "-lCoreFoundation", "-l_FoundationICU",
        "-l_FoundationCShims", "-l_FoundationCollections",
      ] + archives(), .when(platforms: [.linux]))
  ]

/// Tells the linker to take archives in the place of shared libraries: those whose archives are all here.
func archives() -> [String] {
  #if os(Linux)
    let folders = Set(
      (words("pkg-config", "--variable=libdir", "libpng", "libjpeg", "zlib")
        + words("pkg-config", "--libs-only-L", "hdf5").map { String($0.trimmingPrefix("-L")) })
    )
    func areHere(_ files: [String]) -> Bool {
      files.allSatisfy { file in folders.contains { FileManager.default.fileExists(atPath: "\($0)/\(file)") } }
    }
    func taking(_ files: [String], for shared: String) -> [String] {
      ["-Xlinker", "--remap-inputs=*/\(shared)=/dev/null"] + files.map { "-l:\($0)" }
    }
    var flags: [String] = []
    // Later ones need curl and OpenSSL even where no file is read from a server.
    let isSelfContained = words("pkg-config", "--modversion", "hdf5").first?.hasPrefix("1.10.") ?? false
    let hdf5 = ["libhdf5.a", "libsz.a", "libaec.a"]
    if isSelfContained, areHere(hdf5) { flags += taking(hdf5, for: "libhdf5.so") }
    for (archive, shared) in [("libpng16.a", "libpng*.so"), ("libjpeg.a", "libjpeg.so"), ("libz.a", "libz.so")]
    where areHere([archive]) { flags += taking([archive], for: shared) }
    // The compiler's own: it names a path if it has the file.
    if words("clang", "-print-file-name=libstdc++.a").first?.hasPrefix("/") ?? false {
      flags += taking(["libstdc++.a"], for: "libstdc++.so") + ["-Xclang-linker", "-static-libgcc"]
    }
    return flags
  #else
    return []
  #endif
}

/// What a program prints, by words; nothing if there is no such program, or it fails.
func words(_ command: String...) -> [String] {
  let process = Process()
  let output = Pipe()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return [] }
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return process.terminationStatus == 0 ? text.split(whereSeparator: \.isWhitespace).map(String.init) : []
}

let package = Package(
  name: "FineTune",
  products: [
    .library(name: "FineTune", targets: ["FineTune"]),
    .executable(name: "finetune", targets: ["FineTuneCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  // Lowest first: a target imports only what stands above it. CONTRIBUTING.md draws the picture.
  targets: [
    // The C side. Each C library is visible to exactly one Swift target.
    .target(name: "CKernels", exclude: ["README.md"]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CImageShims", dependencies: ["CPNG", "CJPEG"], exclude: ["README.md"]),
    .target(name: "CChildProcess"),
    .target(name: "CLazyCurl"),

    // The engine.
    .target(name: "JSON", dependencies: [.product(name: "OrderedCollections", package: "swift-collections")]),
    .target(name: "Tensors"),
    .target(name: "Kernels", dependencies: ["Tensors", "CKernels"]),
    .target(name: "Layers", dependencies: ["JSON", "Tensors", "Kernels"]),
    .target(name: "Execution", dependencies: ["Layers"]),
    .target(name: "Architectures", dependencies: ["Layers"]),

    // Files and pictures.
    .target(name: "HDF5", dependencies: ["CHDF5", "CChildProcess"]),
    .target(name: "Zip", dependencies: ["CZlib"]),
    .target(name: "KerasFormat", dependencies: ["HDF5", "Zip", "Layers"]),
    .target(name: "Images", dependencies: ["JSON", "Tensors", "CImageShims"]),

    // The network.
    .target(name: "Downloads", dependencies: ["CLazyCurl", .product(name: "Crypto", package: "swift-crypto")]),

    // Fine-tuning.
    .target(
      name: "Training",
      dependencies: ["Execution", "Images", "KerasFormat", .product(name: "Crypto", package: "swift-crypto")]),
    .target(name: "Recipes", dependencies: ["Training", "Architectures", "Downloads"]),
    .target(name: "FineTune", dependencies: ["Recipes"]),
    .executableTarget(
      name: "FineTuneCLI",
      dependencies: ["FineTune", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      linkerSettings: staticRuntime),
    .executableTarget(name: "DemoImages", dependencies: ["Images", "Tensors"]),

    // Tests, a target each, and what they share.
    .target(name: "TestSupport", dependencies: ["Kernels", "Layers", "Tensors"], path: "Tests/TestSupport"),
    .executableTarget(
      name: "Fuzz",
      dependencies: ["FineTune", "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/Fuzz"),
    .testTarget(name: "JSONTests", dependencies: ["JSON"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"]),
    .testTarget(name: "LayersTests", dependencies: ["Layers", "TestSupport"]),
    .testTarget(name: "ExecutionTests", dependencies: ["Execution", "TestSupport"]),
    .testTarget(name: "ArchitecturesTests", dependencies: ["Architectures", "TestSupport"]),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "TestSupport"]),
    .testTarget(name: "ZipTests", dependencies: ["Zip"]),
    .testTarget(name: "KerasFormatTests", dependencies: ["KerasFormat", "Zip", "Architectures", "TestSupport"]),
    .testTarget(name: "ImagesTests", dependencies: ["Images", "DemoImages", "JSON", "TestSupport"]),
    .testTarget(name: "DownloadsTests", dependencies: ["Downloads", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
    .testTarget(name: "RecipesTests", dependencies: ["Recipes", "TestSupport"]),
    .testTarget(name: "CommandLineTests", dependencies: ["FineTune", "TestSupport", "Fuzz"]),
  ],
  swiftLanguageModes: [.v6]
)

let cTargets = ["CKernels", "CImageShims", "CChildProcess", "CLazyCurl"]
for target in package.targets where target.type != .system && !cTargets.contains(target.name) {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
  ]
}
