import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Pictures of other channels")
struct ChannelAdaptationTests {
  private static let device = Device(threads: 1)

  /// Scaling, zeros around, and a convolution inside a nested model, as in ConvNeXt and EfficientNet; `normalizes` with the
  /// channels' own means.
  private static func model(channels: Int = 3, normalizes: Bool = false) throws -> Model {
    var stem = ModelBuilder(name: "stem", kind: .sequential)
    let x = stem.input([nil, nil, channels], name: "stem_input")
    let convolved = stem(Conv2D(filters: 4, kernelSize: Size(3, 3), padding: .same), name: "conv", on: x)
    let inner = try stem.model(inputs: [x], outputs: [convolved], seed: 1)
    var graph = ModelBuilder(name: "m")
    let picture = graph.input([nil, nil, channels], name: "picture")
    var value = graph(Rescaling(scale: 1 / 255), name: "scale", on: picture)
    if normalizes {
      value = graph(
        Normalization(constants: Normalization.Constants(mean: [0.1, 0.2, 0.6], variance: [1, 2, 3])), name: "norm",
        on: value)
    }
    value = graph(ZeroPadding2D(padding: Margins(1)), name: "pad", on: value)
    value = graph(inner, on: value)[0]
    value = graph(Conv2D(filters: 2, kernelSize: Size(3, 3), activation: .relu), name: "next", on: value)
    return try graph.model(inputs: [picture], outputs: [value], seed: 2)
  }

  /// Pictures of `channels` channels from those of as many, chosen or empty.
  private func picture(_ source: [Int?], of grey: Tensor) -> Tensor {
    let count = grey.shape[-1]
    var numbers: [Float] = []
    for place in 0..<grey.count / count {
      for channel in source { numbers.append(channel.map { grey.elements[place * count + $0] } ?? 77) }
    }
    return Tensor([grey.shape[0], grey.shape[1], grey.shape[2], source.count], numbers)
  }

  private static let grey = Tensor([1, 7, 5, 1], RandomKey(seed: 1).uniform(35).map { $0 * 255 })
  private static let color = Tensor([1, 7, 5, 3], RandomKey(seed: 2).uniform(105).map { $0 * 255 })

  private func closeness(_ a: Tensor, _ b: Tensor) -> Float {
    #expect(a.shape == b.shape)
    let largest = b.elements.map(abs).max() ?? 1
    return (zip(a.elements, b.elements).map { abs($0 - $1) }.max() ?? 0) / largest
  }

  @Test("The sum sees in grey what the colours' model sees in grey pictures of three equal channels")
  func sum() throws {
    let model = try Self.model()
    let (adapted, changed) = try model.adaptingInput(toChannels: 1)
    #expect(changed == ["stem/conv"])
    #expect(adapted.inputs[0].shape == [nil, nil, 1])
    let expected = try model(picture([0, 0, 0], of: Self.grey), on: Self.device)[0]
    #expect(closeness(try adapted(Self.grey, on: Self.device)[0], expected) < 1e-5)
    #expect(adapted.parameters.map(\.path) == model.parameters.map(\.path))
  }

  @Test("Extended, a network begins as it was, whatever stands in the further channels")
  func extend() throws {
    let model = try Self.model(normalizes: true)
    let (adapted, changed) = try model.adaptingInput(toChannels: 5, by: .extend)
    #expect(changed == ["norm", "stem/conv"])
    let found = try adapted(picture([0, 1, 2, nil, nil], of: Self.color), on: Self.device)[0]
    #expect(closeness(found, try model(Self.color, on: Self.device)[0]) < 1e-5)
  }

  @Test(
    "Repeated and averaged kernels keep their sum over the channels",
    arguments: [
      (ChannelAdaptation.repeat, 2), (.repeat, 4), (.repeat, 6), (.mean, 2), (.mean, 4), (.mean, 1),
    ])
  func sums(_ method: ChannelAdaptation, _ count: Int) throws {
    let model = try Self.model()
    let adapted = try model.adaptingInput(toChannels: count, by: method).model
    func sums(_ model: Model) throws -> [Double] {
      let kernel = try #require(model.parameters.first { $0.path == "stem/conv/kernel" }).value
      let channels = kernel.shape[2]
      return (0..<9 * 4).map { index in
        (0..<channels).reduce(0) { $0 + Double(kernel.elements[(index / 4 * channels + $1) * 4 + index % 4]) }
      }
    }
    let expected = try sums(model).enumerated().map { index, sum -> Double in
      guard method == .repeat, count % 3 != 0 else { return sum }
      // The channels that come once more weigh more: 3 / n of each of the first n.
      let kernel = model.parameters.first { $0.path == "stem/conv/kernel" }?.value.elements ?? []
      return (0..<count).reduce(0) { $0 + Double(kernel[(index / 4 * 3 + $1 % 3) * 4 + index % 4]) * 3 / Double(count) }
    }
    for (a, b) in zip(try sums(adapted), expected) { #expect(abs(a - b) < 1e-6) }
    #expect(try adapted.shapes(for: [[7, 5, count]]).last == [7, 5, 2])
  }

  @Test("Kernels for BGR take RGB when asked, also without another number of channels")
  func reversed() throws {
    let model = try Self.model()
    let adapted = try model.adaptingInput(toChannels: 3, by: .repeat, reversesColors: true).model
    let found = try adapted(picture([2, 1, 0], of: Self.color), on: Self.device)[0]
    #expect(closeness(found, try model(Self.color, on: Self.device)[0]) < 1e-5)
  }

  @Test("A grey model takes colours; what mixes channels before a convolution is named")
  func others() throws {
    let grey = try Self.model(channels: 1)
    let adapted = try grey.adaptingInput(toChannels: 3).model
    let expected = try grey(Self.grey, on: Self.device)[0]
    #expect(closeness(try adapted(picture([0, 0, 0], of: Self.grey), on: Self.device)[0], expected) < 1e-5)
    #expect(throws: ModelError.self) { try Self.model().adaptingInput(toChannels: 2, by: .extend) }
    #expect(throws: ModelError.self) { try Self.model().adaptingInput(toChannels: 2, by: .sum) }
    #expect(throws: ModelError.self) { try Self.model().adaptingInput(toChannels: 0) }
    let depthwise = try Model(
      sequential: "d", inputShape: [8, 8, 3], [("first", DepthwiseConv2D(kernelSize: Size(3, 3)))], seed: 1)
    let error = #expect(throws: ModelError.self) { try depthwise.adaptingInput(toChannels: 1) }
    #expect(error?.description.contains("first") == true)
  }
}
