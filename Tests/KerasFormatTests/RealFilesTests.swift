import Foundation
import JSON
import KerasFormat
import Kernels
import Layers
import Tensors
import Testing

/// Files that other people wrote with Keras 1.2 to 2.8.
enum RealFiles {
  static let directory: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data =
      ProcessInfo.processInfo.environment["FINETUNE_DATA"].map { URL(filePath: $0) }
      ?? root.appending(path: "../shared/data")
    return FileManager.default.fileExists(atPath: data.appending(path: "models").path) ? data : nil
  }()

  static var isPresent: Bool { directory != nil }

  static func path(_ name: String) -> String { directory?.appending(path: name).path ?? name }

  /// The paths of all model files.
  static let all: [String] = ["models", "weights"].flatMap { folder -> [String] in
    let names = FileManager.default.enumerator(atPath: path(folder))?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".h5") || $0.hasSuffix(".hdf5") }.map { "\(folder)/\($0)" }.sorted()
  }
}

/// What tf_keras 2.21 computes with a file on a fixed picture.
struct KnownOutput: Sendable, CustomTestStringConvertible {
  var file: String
  var shape: Shape
  var tensorCount: Int
  var best: Int
  var highest: Float
  var first: [Float]

  var testDescription: String { file }

  static let all = [
    KnownOutput(
      file: "weights/mobilenet_v1_0.25_224/mobilenet_v1_0.25_224.h5", shape: [1, 224, 224, 3], tensorCount: 137,
      best: 904, highest: 0.670752763748169,
      first: [3.4000506730080815e-06, 4.708657434093766e-05, 5.026221288062516e-07, 8.406242955061316e-07]),
    KnownOutput(
      file: "models/teachable_machine_waste/keras_model.h5", shape: [1, 224, 224, 3], tensorCount: 263, best: 1,
      highest: 0.9924939870834351,
      first: [0.007502683438360691, 0.9924939870834351, 8.353575253750023e-08, 3.2054533676273422e-06]),
    KnownOutput(
      file: "models/mlperf_tiny/pretrainedResnet.h5", shape: [1, 32, 32, 3], tensorCount: 48, best: 4,
      highest: 0.7291221618652344,
      first: [0.12537448108196259, 0.0005238234880380332, 0.00444879150018096, 0.10116320103406906]),
    KnownOutput(
      file: "models/mlperf_tiny/vww_96.h5", shape: [1, 96, 96, 3], tensorCount: 164, best: 0,
      highest: 0.9953038692474365, first: [0.9953038692474365, 0.004696158226579428]),
    KnownOutput(
      file: "models/mini_xception/fer2013_mini_XCEPTION.119-0.65.hdf5", shape: [1, 48, 48, 1], tensorCount: 80,
      best: 4, highest: 0.5598848462104797,
      first: [0.006811364553868771, 4.851795893046074e-06, 0.013031712733209133, 0.0032049568835645914]),
  ]
}

@Suite(
  "Files that other people wrote",
  .enabled(if: RealFiles.isPresent, "skipped: no real models at FINETUNE_DATA or ../shared/data"))
struct RealFilesTests {
  @Test(
    "A real model computes what tf_keras computes, also after it was written and read again", arguments: KnownOutput.all
  )
  func outputs(_ known: KnownOutput) throws {
    let (saved, report) = try SavedModel.reading(RealFiles.path(known.file))
    #expect(report.method == .byName)
    #expect(report.entries.count == known.tensorCount)

    let folder = try TemporaryFolder()
    try KerasWriter.write(saved, to: folder.path("again.h5"))
    let again = try SavedModel.reading(folder.path("again.h5")).saved.model
    #expect(again.containers == saved.model.containers)
    #expect(again.parameters.map(\.path) == saved.model.parameters.map(\.path))
    #expect(again.parameters.map(\.value) == saved.model.parameters.map(\.value))

    let pixels = (0..<known.shape.elementCount).map { Float(($0 * 7919) % 256) / 127.5 - 1 }
    let output = try again(Tensor(known.shape, pixels), on: Device(threads: 1))[0].elements
    #expect(output.indices.max { output[$0] < output[$1] } == known.best)
    #expect(abs((output.max() ?? 0) - known.highest) < 1e-5)
    for (found, expected) in zip(output, known.first) { #expect(abs(found - expected) < 1e-5) }
  }

  @Test("Every file of the collection loads, or is refused by the names of its layers", arguments: RealFiles.all)
  func all(_ name: String) throws {
    do throws(KerasError) {
      let (saved, report) = try SavedModel.reading(RealFiles.path(name))
      #expect(report.entries.count == saved.model.parameters.count)
    } catch {
      if name.contains("squeezenet") {
        #expect(error.problem == "holds weights without a model")
      } else {
        #expect(error.kind == .unsupported)
        #expect(error.problem.hasPrefix("has layers that are not supported: "), "\(error)")
      }
    }
  }

  @Test("SqueezeNet's file opens, though the slashes in its names nest its groups")
  func slashes() throws {
    let file = try KerasFile(
      opening: RealFiles.path(
        "weights/squeezenet_v1.1_notop/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"))
    let tensors = file.layers.flatMap(\.tensors)
    #expect(file.content == .weights)
    #expect(file.layers.count == 62)
    #expect(tensors.count == 50)
    #expect(tensors.reduce(0) { $0 + $1.shape.elementCount } == 722_496)
    #expect(file.layers[4].name == "fire2/squeeze1x1")
  }

  @Test("Keras 1's convolution loads with today's keys")
  func keras1() throws {
    let saved = try SavedModel.reading(RealFiles.path("models/keras2_cnn/conv2d_tensorflow_1.h5")).saved
    let config = saved.model.instances[0].layer.config
    #expect(saved.model.instances[0].layer.kind == "Conv2D")
    #expect(config["filters"] == 6)
    #expect(config["kernel_size"] == [3, 3])
    #expect(saved.model.inputs[0].shape == [5, 5, 5])
  }
}
