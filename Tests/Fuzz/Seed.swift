import FineTune
import Foundation

/// A whole file to damage.
struct Seed {
  let name: String
  let write: (String) throws -> Void

  static func all() throws -> [Seed] {
    let saved = try model()
    let picture = picture()
    return [
      Seed(name: "whole.h5") { try KerasWriter.write(saved, to: $0) },
      Seed(name: "weights-only.h5") { try KerasWriter.writeWeights(saved.model, to: $0) },
      Seed(name: "gzip.h5") { path in
        try KerasWriter.write(saved, to: path + ".plain")
        defer { try? FileManager.default.removeItem(atPath: path + ".plain") }
        try PackedCopy.write(path + ".plain", to: path)
      },
      Seed(name: "picture.png") { try Data(ImageEncoder.png(picture)).write(to: URL(filePath: $0)) },
      Seed(name: "picture.jpg") { try Data(ImageEncoder.jpeg(picture)).write(to: URL(filePath: $0)) },
    ]
  }

  /// A model with layers of several kinds, and tensors of several ranks.
  private static func model() throws -> SavedModel {
    let model = try Model(sequential: "small", inputShape: [16, 16, 3], seed: 1) {
      Conv2D(filters: 4, kernelSize: Size(3, 3), activation: .relu)
      BatchNormalization()
      DepthwiseConv2D(kernelSize: Size(3, 3))
      GlobalAveragePooling2D()
      Dropout(rate: 0.2)
      Dense(units: 3, activation: .softmax)
    }
    return SavedModel(
      model: model, preprocessing: .unit, labels: ["a", "b", "c"], inputSize: Size(16, 16), architecture: nil,
      metadata: ["note": "a seed"])
  }

  private static func picture() -> PixelImage {
    let pixels = (0..<33 * 21 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 99 * 13) }
    return PixelImage(width: 33, height: 21, mode: .rgb, pixels: pixels)
  }
}

/// An HDF5 file with its values in compressed chunks.
enum PackedCopy {
  static func write(_ source: String, to target: String) throws {
    let copy = try HDF5File(creating: target)
    try write(try HDF5File(opening: source).root, to: copy.root)
    try copy.close()
  }

  private static func write(_ source: HDF5Group, to target: HDF5Group) throws {
    for name in try source.attributes.names() {
      if let value = try source.attributes[name] { try target.attributes.write(name, value) }
    }
    for child in try source.children() {
      if child.kind == .group {
        try write(source.group(at: child.name), to: target.createGroup(at: child.name))
      } else {
        let values = try source.dataset(at: child.name)
        var storage = DatasetStorage()
        storage.chunk = values.shape.map { max(1, ($0 + 1) / 2) }
        storage.gzipLevel = 4
        storage.shuffles = true
        if values.shape.isEmpty { storage = DatasetStorage() }
        try target.writeDataset(
          child.name, floats: values.readFloats(), shape: values.shape, storage: storage)
      }
    }
  }
}
