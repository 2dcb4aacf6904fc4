import HDF5
import JSON
import KerasFormat
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

private typealias Config = KerasConfig

@Suite("Models with the channels first, and Theano's kernels")
struct ChannelsFirstTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A convolution and a dense layer on an image of 2 channels, 3 rows and 4 columns.
  private func fixture(flatten: OrderedDictionary<String, JSONValue>, kernel: [Float]) -> KerasFixture {
    var fixture = KerasFixture()
    fixture.config = Config.model(
      "Sequential", "m",
      [
        Config.input("in", [2, 3, 4]),
        Config.layer(
          "Conv2D", "conv", ["filters": 2, "kernel_size": [1, 1], "data_format": "channels_first", "use_bias": false]),
        Config.layer("Flatten", "flat", flatten), Config.layer("Dense", "dense", ["units": 1, "use_bias": false]),
      ])
    fixture.layers = [
      ("conv", [.init("conv/kernel:0", [1, 1, 2, 2], kernel)]),
      ("dense", [.init("dense/kernel:0", [24, 1], (0..<24).map { Float($0) })]),
    ]
    return fixture
  }

  @Test(
    "Weights behind a Flatten count channel by channel, or place by place where Keras does so",
    arguments: [false, true])
  func flatten(_ isByPlace: Bool) throws {
    // The convolution swaps the channels.
    try fixture(flatten: isByPlace ? ["data_format": "channels_first"] : [:], kernel: [0, 1, 1, 0])
      .write(to: folder.path("m.h5"))
    let (saved, report) = try SavedModel.reading(folder.path("m.h5"))
    #expect(report.notes.contains { $0.contains("channels first") })
    #expect(saved.model.inputs[0].shape == [3, 4, 2])
    let image = (0..<24).map { Float($0 * $0 % 17) }
    var expected: Float = 0
    for row in 0..<3 {
      for column in 0..<4 {
        for channel in 0..<2 {
          let value = image[(row * 4 + column) * 2 + 1 - channel]
          let place = isByPlace ? (row * 4 + column) * 2 + channel : (channel * 3 + row) * 4 + column
          expected += value * Float(place)
        }
      }
    }
    #expect(try saved.model(Tensor([1, 3, 4, 2], image), on: Device(threads: 1))[0].scalar == expected)
  }

  @Test("Where both orders stand in one model, each layer works on the axes that it says", arguments: [false, true])
  func mixture(_ isFunctional: Bool) throws {
    var fixture = KerasFixture()
    // [2, 3, 4]: the convolution takes it for 2 channels, the pooling for 2 rows, 3 columns and 4 channels.
    let layers = [
      Config.input("in", [2, 3, 4]),
      Config.layer(
        "Conv2D", "conv", ["filters": 2, "kernel_size": [1, 1], "data_format": "channels_first", "use_bias": false],
        on: ["in"]),
      Config.layer("GlobalMaxPooling2D", "pool", ["data_format": "channels_last"], on: ["conv"]),
    ]
    fixture.config =
      isFunctional
      ? Config.model("Functional", "m", layers, inputs: [["in", 0, 0]], outputs: [["pool", 0, 0]])
      : Config.model("Sequential", "m", layers)
    fixture.layers = [("conv", [.init("conv/kernel:0", [1, 1, 2, 2], [2, 0, 0, 3])])]
    try fixture.write(to: folder.path("m.h5"))
    let image = (0..<24).map { Float($0 * $0 % 17) }
    let expected = (0..<4).map { column -> Float in
      (0..<6).map { row in image[row * 4 + column] * (row < 3 ? 2 : 3) }.max() ?? 0
    }
    let model = try SavedModel.reading(folder.path("m.h5")).saved.model
    #expect(try model(Tensor([1, 2, 3, 4], image), on: Device(threads: 1))[0].elements == expected)
  }

  @Test("Layers that depend on the order of the extents are refused")
  func refusals() throws {
    var fixture = KerasFixture()
    fixture.config = Config.model(
      "Sequential", "m",
      [
        Config.input("in", [2, 3, 4]),
        Config.layer("Conv2D", "conv", ["filters": 2, "kernel_size": [1, 1], "data_format": "channels_first"]),
        Config.layer("Reshape", "odd", ["target_shape": [2, 12]]),
      ])
    try fixture.write(to: folder.path("m.h5"))
    let error = try #require(throws: KerasError.self) { try SavedModel.reading(folder.path("m.h5")) }
    #expect(error.kind == .unsupported)
    #expect(error.place == "layer \"odd\" (Reshape)")
  }

  @Test("Theano's kernels of Keras 1 are brought into today's form and turned, those for TensorFlow only brought")
  func theano() throws {
    for backend in [nil, "theano", "tensorflow"] {
      var fixture = KerasFixture(version: nil)
      let values = (0..<(5 * 2 * 3 * 3)).map { Float($0) }
      fixture.layers = [("conv", [.init("conv_W", [5, 2, 3, 3], values), .init("conv_b", [5], filledWith: 0)])]
      try fixture.write(to: folder.path("w.h5"))
      if let backend {
        let file = try HDF5File(creating: folder.path("w.h5"))
        try file.root.attributes.write("backend", string: backend)
        try file.root.attributes.write("layer_names", strings: ["conv"])
        let group = try file.root.createGroup(at: "conv")
        try group.attributes.write("weight_names", strings: ["conv_W", "conv_b"])
        try group.writeDataset("conv_W", floats: values, shape: [5, 2, 3, 3])
        try group.writeDataset("conv_b", floats: Array(repeating: 0, count: 5), shape: [5])
        try file.close()
      }
      var model = try Model(
        sequential: "m", inputShape: [4, 4, 2], [("conv", Conv2D(filters: 5, kernelSize: Size(3, 3)))], seed: 1)
      let file = try KerasFile(opening: folder.path("w.h5"))
      #expect(file.oddities.contains { $0.contains("Theano") })
      let report = try model.loadWeights(from: file)
      #expect(report.lines[0].contains("[out, in, height, width] → [height, width, in, out]"))
      let kernel = try #require(model.value("conv/kernel")).elements
      for row in 0..<3 {
        for column in 0..<3 {
          for input in 0..<2 {
            for output in 0..<5 {
              let (y, x) = backend == "tensorflow" ? (row, column) : (2 - row, 2 - column)
              #expect(
                kernel[((row * 3 + column) * 2 + input) * 5 + output] == values[((output * 2 + input) * 3 + y) * 3 + x])
            }
          }
        }
      }
    }
  }
}
