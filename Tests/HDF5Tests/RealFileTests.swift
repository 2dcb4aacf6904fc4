import Foundation
import HDF5
import TestSupport
import Testing

private let dataFolder: URL? = {
  let name = ProcessInfo.processInfo.environment["FINETUNE_DATA"] ?? "../shared/data"
  return FileManager.default.fileExists(atPath: name) ? URL(filePath: name) : nil
}()

/// Files that Keras 1, 2 and tf.keras wrote, in the folder `FINETUNE_DATA`.
@Suite("Keras' files", .enabled(if: dataFolder != nil, "there is no folder FINETUNE_DATA nor ../shared/data"))
struct RealFileTests {
  @Test("Every one opens, and every dataset and attribute is read")
  func all() throws {
    let folder = try #require(dataFolder)
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
      .compactMap { $0 as? URL }.filter { ["h5", "hdf5"].contains($0.pathExtension) }
    #expect(!files.isEmpty)
    for url in files {
      let counts = try everything(in: HDF5File(opening: url.path).root)
      #expect(!counts.isEmpty, "\(url.lastPathComponent)")
    }
  }

  @Test("Read in a process of its own, a file holds the same; every fifth of them")
  func guarded() throws {
    let folder = try #require(dataFolder)
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
      .compactMap { $0 as? URL }.filter { ["h5", "hdf5"].contains($0.pathExtension) }.sorted { $0.path < $1.path }
    for index in stride(from: 0, to: files.count, by: 5) {
      let path = files[index].path
      try expectEqual(
        HDF5File(opening: path).root,
        HDF5File(opening: path, reading: .guarded(helper: BuiltTool.url.path)).root)
    }
  }

  @Test("SqueezeNet has its 50 tensors and 722,496 parameters")
  func squeezeNet() throws {
    let path = "weights/squeezenet_v1.1_notop/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
    let root = try HDF5File(opening: try #require(dataFolder).appending(path: path).path).root
    let counts = try everything(in: root)
    #expect(counts.count == 50)
    #expect(counts.values.reduce(0, +) == 722_496)
    #expect(try root.attributes["layer_names"]?.strings?.count == 62)
  }
}
