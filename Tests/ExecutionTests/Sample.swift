import Kernels
import Layers
import Tensors
import Testing

/// A small network with a structure that lowering treats in its own way.
struct Sample: Sendable, CustomTestStringConvertible {
  let name: String
  let shape: Shape
  /// Layers whose outputs are asked for beside the model's, so that they must survive fusing.
  var layers: [String] = []
  let build: @Sendable (inout ModelBuilder, ModelBuilder.Value) -> ModelBuilder.Value

  var testDescription: String { name }

  /// The network with parameters, statistics included, that are nowhere at their defaults.
  func model() throws -> Model {
    var graph = ModelBuilder(name: name)
    let input = graph.input(shape.dimensions.map { $0 })
    let output = build(&graph, input)
    var model = try graph.model(inputs: [input], outputs: [output], seed: 11)
    for index in model.parameters.indices where model.parameters[index].shape.rank == 1 {
      let key = RandomKey(seed: 12).folding(UInt64(index))
      let isVariance = model.parameters[index].path.hasSuffix("variance")
      let values = key.uniform(model.parameters[index].shape.elementCount).map { isVariance ? $0 + 0.5 : $0 - 0.3 }
      model.parameters[index].value = Tensor(model.parameters[index].shape, values)
    }
    return model
  }

  static let all = [
    convolutions, padded, depthwise, residual, dense, tapped, loneNormalization, shared, widePadding, tappedAliases,
    twoBranches, twice, inverted, separable, fire, pooled, reshaped, deep,
  ]

  static let convolutions = Sample(name: "convolution, normalisation, activation", shape: [9, 11, 3]) { graph, input in
    var x = graph(Conv2D(filters: 8, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same), on: input)
    x = graph(BatchNormalization(), on: x)
    x = graph(ReLU(maxValue: 6), on: x)
    x = graph(Conv2D(filters: 5, kernelSize: Size(1, 1), usesBias: false), on: x)
    x = graph(BatchNormalization(scale: false), on: x)
    return graph(Activation(.tanh), on: x)
  }

  static let padded = Sample(name: "zero padding before a valid convolution", shape: [8, 8, 4]) { graph, input in
    let margins = Margins(top: 0, bottom: 1, left: 0, right: 1)
    var x = graph(ZeroPadding2D(padding: margins), on: input)
    x = graph(Conv2D(filters: 6, kernelSize: Size(3, 3), strides: Size(2, 2)), on: x)
    x = graph(ZeroPadding2D(padding: Margins(2)), on: x)
    return graph(DepthwiseConv2D(kernelSize: Size(3, 3)), on: x)
  }

  static let depthwise = Sample(name: "depthwise separable", shape: [7, 5, 6]) { graph, input in
    var x = graph(DepthwiseConv2D(kernelSize: Size(3, 3), padding: .same, usesBias: false), on: input)
    x = graph(BatchNormalization(), on: x)
    x = graph(ReLU(maxValue: 6), on: x)
    x = graph(Dropout(rate: 0.5), on: x)
    return graph(Conv2D(filters: 9, kernelSize: Size(1, 1), activation: .swish), on: x)
  }

  static let residual = Sample(name: "residual block", shape: [6, 6, 8]) { graph, input in
    var x = graph(Conv2D(filters: 8, kernelSize: Size(3, 3), padding: .same), name: "first", on: input)
    x = graph(BatchNormalization(), on: x)
    let entry = graph(ReLU(), name: "entry", on: x)
    x = graph(
      Conv2D(filters: 8, kernelSize: Size(3, 3), padding: .same, activation: .relu()), name: "second", on: entry)
    x = graph(Conv2D(filters: 8, kernelSize: Size(3, 3), padding: .same), on: x)
    x = graph(BatchNormalization(), on: x)
    x = graph(Add(), on: x, entry)
    x = graph(ReLU(), on: x)
    return graph(GlobalAveragePooling2D(), on: x)
  }

  static let dense = Sample(name: "dense head with softmax", shape: [4, 4, 3]) { graph, input in
    var x = graph(Flatten(), on: input)
    x = graph(Dense(units: 10, activation: .relu()), on: x)
    x = graph(BatchNormalization(), on: x)
    return graph(Dense(units: 4, activation: .softmax), on: x)
  }

  static let tapped = Sample(
    name: "values asked for in the middle", shape: [5, 5, 3], layers: ["conv", "norm"]
  ) { graph, input in
    var x = graph(Conv2D(filters: 4, kernelSize: Size(3, 3)), name: "conv", on: input)
    x = graph(BatchNormalization(), name: "norm", on: x)
    return graph(ReLU(), on: x)
  }

  static let loneNormalization = Sample(name: "normalisation after an activation", shape: [5, 5, 3]) { graph, input in
    var x = graph(BatchNormalization(), on: input)
    x = graph(Conv2D(filters: 4, kernelSize: Size(3, 3), activation: .relu()), on: x)
    x = graph(BatchNormalization(), on: x)
    return graph(MaxPooling2D(), on: x)
  }

  static let shared = Sample(name: "one value, two users", shape: [6, 6, 4]) { graph, input in
    let x = graph(Conv2D(filters: 4, kernelSize: Size(1, 1)), on: input)
    let normalized = graph(BatchNormalization(), on: x)
    let sum = graph(Add(), on: x, normalized)
    return graph(Concatenate(), on: sum, graph(ReLU(), on: x))
  }

  static let widePadding = Sample(
    name: "padding wider than the window, or asked for", shape: [5, 4, 3], layers: ["pad"]
  ) { graph, input in
    var x = graph(ZeroPadding2D(padding: Margins(5)), on: input)
    x = graph(Conv2D(filters: 4, kernelSize: Size(3, 3), strides: Size(2, 2)), on: x)
    x = graph(ZeroPadding2D(padding: Margins(4)), on: x)
    x = graph(DepthwiseConv2D(kernelSize: Size(3, 3)), on: x)
    x = graph(ZeroPadding2D(padding: Margins(1)), name: "pad", on: x)
    return graph(Conv2D(filters: 2, kernelSize: Size(3, 3)), on: x)
  }

  static let tappedAliases = Sample(
    name: "layers that vanish, asked for", shape: [5, 5, 4], layers: ["first", "entry", "linear", "last"]
  ) { graph, input in
    var x = graph(Dropout(rate: 0.5), name: "entry", on: input)
    x = graph(Conv2D(filters: 4, kernelSize: Size(3, 3), padding: .same), on: x)
    x = graph(Dropout(rate: 0.5), name: "first", on: x)
    x = graph(Activation(.linear), name: "linear", on: x)
    x = graph(BatchNormalization(), on: x)
    x = graph(ReLU(), on: x)
    return graph(Dropout(rate: 0.5), name: "last", on: x)
  }

  static let twoBranches = Sample(name: "two convolutions added, twice", shape: [5, 5, 4]) { graph, input in
    let left = graph(Conv2D(filters: 4, kernelSize: Size(3, 3), padding: .same), on: input)
    let right = graph(Conv2D(filters: 4, kernelSize: Size(1, 1)), on: input)
    var sum = graph(Add(), on: left, right)
    sum = graph(BatchNormalization(), on: sum)
    let again = graph(Dropout(rate: 0.3), on: graph(Conv2D(filters: 4, kernelSize: Size(1, 1)), on: sum))
    let doubled = graph(Add(), on: again, again)
    return graph(ReLU(), on: graph(Add(), on: doubled, graph(Conv2D(filters: 4, kernelSize: Size(1, 1)), on: doubled)))
  }

  static let twice = Sample(name: "one layer called twice, folded differently", shape: [5, 5, 4]) { graph, input in
    let first = graph(Conv2D(filters: 4, kernelSize: Size(3, 3), padding: .same), name: "shared", on: input)
    let normalized = graph(BatchNormalization(), name: "norm", on: first)
    let second = graph.call("shared", on: graph(ReLU(), on: normalized))[0]
    return graph(Concatenate(), on: graph(ReLU(maxValue: 1), on: second), graph.call("norm", on: normalized)[0])
  }

  /// Wide enough for the block to run in several bands.
  static let inverted = Sample(name: "inverted residuals", shape: [21, 70, 6]) { graph, input in
    var x = input
    for (stride, filters) in [(1, 6), (2, 8), (1, 8)] {
      let entry = x
      x = graph(Conv2D(filters: 96, kernelSize: Size(1, 1), usesBias: false), on: x)
      x = graph(BatchNormalization(), on: x)
      x = graph(ReLU(maxValue: 6), on: x)
      x = graph(
        DepthwiseConv2D(kernelSize: Size(3, 3), strides: Size(stride, stride), padding: .same, activation: .relu()),
        on: x)
      x = graph(Conv2D(filters: filters, kernelSize: Size(1, 1)), on: x)
      x = graph(BatchNormalization(), on: x)
      if stride == 1 { x = graph(Add(), on: entry, x) }
    }
    return x
  }

  static let separable = Sample(name: "depthwise and pointwise, wide", shape: [33, 65, 72]) { graph, input in
    var x = graph(DepthwiseConv2D(kernelSize: Size(5, 5), padding: .same, activation: .swish), on: input)
    x = graph(Conv2D(filters: 7, kernelSize: Size(1, 1), activation: .swish), on: x)
    return graph(GlobalAveragePooling2D(keepsDimensions: true), on: x)
  }

  static let fire = Sample(name: "branches joined in the channels", shape: [9, 9, 5], layers: ["left"]) {
    graph, input in
    let squeezed = graph(Conv2D(filters: 4, kernelSize: Size(1, 1), activation: .relu()), on: input)
    let left = graph(Conv2D(filters: 6, kernelSize: Size(1, 1), activation: .relu()), on: squeezed)
    let right = graph(Conv2D(filters: 7, kernelSize: Size(3, 3), padding: .same), on: squeezed)
    let pooled = graph(MaxPooling2D(poolSize: Size(3, 3), strides: Size(1, 1), padding: .same), on: squeezed)
    let asked = graph(Conv2D(filters: 3, kernelSize: Size(3, 3), padding: .same), name: "left", on: input)
    var x = graph(Concatenate(), on: left, graph(ReLU(), on: right), pooled, asked)
    x = graph(BatchNormalization(), on: x)
    let rows = graph(Concatenate(axis: 1), on: x, x)
    return graph(Conv2D(filters: 3, kernelSize: Size(3, 3), padding: .same), on: rows)
  }

  static let pooled = Sample(name: "padding before pools", shape: [10, 12, 3]) { graph, input in
    var x = graph(Conv2D(filters: 20, kernelSize: Size(3, 3), activation: .relu()), on: input)
    x = graph(ZeroPadding2D(padding: Margins(1)), on: x)
    x = graph(MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2)), on: x)
    x = graph(Conv2D(filters: 4, kernelSize: Size(3, 3), padding: .same), on: x)
    x = graph(ZeroPadding2D(padding: Margins(1)), on: x)
    x = graph(MaxPooling2D(poolSize: Size(3, 3), strides: Size(1, 1)), on: x)
    return graph(AveragePooling2D(), on: x)
  }

  static let reshaped = Sample(name: "normalisation behind another shape", shape: [4, 3, 4]) { graph, input in
    var x = graph(Conv2D(filters: 6, kernelSize: Size(1, 1)), on: input)
    x = graph(Reshape(targetShape: [-1, 3]), on: x)
    x = graph(BatchNormalization(), on: x)
    x = graph(Flatten(), on: x)
    return graph(BatchNormalization(), on: x)
  }

  /// Weights outweigh activations: several images go together, and a value crosses from one stage to the next.
  static let deep = Sample(name: "one image at a time, then several", shape: [12, 12, 3]) { graph, input in
    let wide = graph(Conv2D(filters: 40, kernelSize: Size(3, 3), padding: .same, activation: .relu()), on: input)
    var x = graph(MaxPooling2D(), on: wide)
    x = graph(Conv2D(filters: 64, kernelSize: Size(3, 3), padding: .same, activation: .relu()), on: x)
    let entry = graph(MaxPooling2D(poolSize: Size(3, 3)), on: x)
    x = graph(Conv2D(filters: 64, kernelSize: Size(3, 3), padding: .same, activation: .relu()), on: entry)
    x = graph(Add(), on: x, entry)
    let early = graph(Dense(units: 50, activation: .sigmoid), on: graph(GlobalAveragePooling2D(), on: wide))
    x = graph(Concatenate(), on: graph(Flatten(), on: x), early)
    return graph(Dense(units: 3, activation: .softmax), on: graph(Dense(units: 80), on: x))
  }
}
