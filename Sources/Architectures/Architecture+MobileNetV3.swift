internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Searching for MobileNetV3](https://arxiv.org/abs/1905.02244), the small one
  public static let mobileNetV3Small = mobileNetV3(.small)

  /// [Searching for MobileNetV3](https://arxiv.org/abs/1905.02244), the large one
  public static let mobileNetV3Large = mobileNetV3(.large)

  /// The small one without 5×5 windows, squeeze-and-excitation and hard swish, for hardware that is slow at them.
  public static let mobileNetV3SmallMinimalistic = mobileNetV3(.small, isMinimalistic: true)

  /// The large one without 5×5 windows, squeeze-and-excitation and hard swish, for hardware that is slow at them.
  public static let mobileNetV3LargeMinimalistic = mobileNetV3(.large, isMinimalistic: true)

  /// MobileNetV2's blocks, found by search for telephones: some squeeze the image to a number per channel and let it scale
  /// the channels, deep ones bend by `x · relu6(x + 3) / 6`. Pixels go in as they are, 0…255.
  private static func mobileNetV3(_ table: MobileNetV3Table, isMinimalistic: Bool = false) -> Architecture {
    Architecture(
      name: "MobileNetV3\(table.name)\(isMinimalistic ? "Minimalistic" : "")",
      paper: "https://arxiv.org/abs/1905.02244", defaultSize: Size(224, 224), minimumExtent: 32, preprocessing: .none,
      alphas: isMinimalistic ? [1] : [0.75, 1], classCount: 1000,
      weightFiles: ["weights_mobilenet_v3_\(table.name.lowercased())_\(isMinimalistic ? "minimalistic_" : "")224_*"],
      groups: ["stem"] + table.blocks.indices.map { "block\($0)" } + ["last", "top"],
      modelName: { _, _ in "MobileNetV3\(table.name)" },
      layers: { graph, image, shape, options in
        typealias Value = ModelBuilder.Value
        let alpha = Double(options.alpha)
        let normalization = BatchNormalization(momentum: 0.999)
        var extents = Extents(shape)
        var excitations = 0
        func activated(_ value: Value, isHardSwish: Bool) -> Value {
          isHardSwish && !isMinimalistic ? graph(Activation(.hardSwish), on: value) : graph(ReLU(), on: value)
        }
        func pointwise(_ filters: Int, usesBias: Bool = false) -> Conv2D {
          Conv2D(filters: filters, kernelSize: Size(1, 1), padding: .same, usesBias: usesBias)
        }
        /// Scales every channel by a number that the mean of all channels decides.
        func excited(_ value: Value, _ channels: Int, _ prefix: String) -> Value {
          let name = prefix + "squeeze_excite_"
          var x = graph(GlobalAveragePooling2D(keepsDimensions: true), name: name + "avg_pool", on: value)
          x = graph(pointwise(.divisibleByEight(Double(channels) * 0.25), usesBias: true), name: name + "conv", on: x)
          x = graph(ReLU(), name: name + "relu", on: x)
          x = graph(pointwise(channels, usesBias: true), name: name + "conv_1", on: x)
          // Keras spells the hard sigmoid relu6(x + 3) / 6 with operations on constants.
          let suffix = excitations == 0 ? "" : "_\(excitations)"
          excitations += 1
          x = graph(Rescaling(scale: 1, offset: 3), name: "add" + suffix, on: x)
          x = graph(ReLU(maxValue: 6), on: x)
          x = graph(Rescaling(scale: 1 / 6), name: "multiply" + suffix, on: x)
          return graph(Multiply(), name: name + "mul", on: value, x)
        }

        graph.group = "stem"
        var x = graph(Rescaling(scale: 1 / 127.5, offset: -1), on: image)
        x = graph(
          Conv2D(filters: 16, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same, usesBias: false),
          name: "conv", on: x)
        x = activated(graph(normalization, name: "conv_bn", on: x), isHardSwish: true)
        extents = extents.halved

        var channels = 16
        for (index, block) in table.blocks.enumerated() {
          graph.group = "block\(index)"
          let prefix = index == 0 ? "expanded_conv_" : "expanded_conv_\(index)_"
          let extent = isMinimalistic ? 3 : block.extent
          let inner = Int.divisibleByEight(Double(channels) * block.expansion)
          let output = Int.divisibleByEight(Double(block.filters) * alpha)
          let shortcut = x
          if index > 0 {
            x = graph(pointwise(inner), name: prefix + "expand", on: x)
            x = graph(normalization, name: prefix + "expand_bn", on: x)
            x = activated(x, isHardSwish: block.isHardSwish)
          }
          if block.stride == 2 {
            let padding = extents.padding(forKernel: extent)
            x = graph(ZeroPadding2D(padding: padding), name: prefix + "depthwise_pad", on: x)
            extents = extents.halved
          }
          let depthwise = DepthwiseConv2D(
            kernelSize: Size(extent, extent), strides: Size(block.stride, block.stride),
            padding: block.stride == 1 ? .same : .valid, usesBias: false)
          x = graph(depthwise, name: prefix + "depthwise", on: x)
          x = graph(normalization, name: prefix + "depthwise_bn", on: x)
          x = activated(x, isHardSwish: block.isHardSwish)
          if block.isExcited, !isMinimalistic { x = excited(x, inner, prefix) }
          x = graph(pointwise(output), name: prefix + "project", on: x)
          x = graph(normalization, name: prefix + "project_bn", on: x)
          if block.stride == 1, channels == output { x = graph(Add(), name: prefix + "add", on: shortcut, x) }
          channels = output
        }

        graph.group = "last"
        x = graph(pointwise(.divisibleByEight(Double(channels * 6))), name: "conv_1", on: x)
        x = activated(graph(normalization, name: "conv_1_bn", on: x), isHardSwish: true)
        guard options.includesTop else { return x }
        graph.beginTop()
        x = graph(GlobalAveragePooling2D(keepsDimensions: true), on: x)
        x = graph(pointwise(table.lastFilters, usesBias: true), name: "conv_2", on: x)
        x = activated(x, isHardSwish: true)
        x = graph(Dropout(rate: 0.2), on: x)
        x = graph(pointwise(options.classCount ?? 1000, usesBias: true), name: "logits", on: x)
        return graph(Activation(.softmax), name: "predictions", on: graph(Flatten(), on: x))
      })
  }
}

/// The blocks of a MobileNetV3.
private struct MobileNetV3Table {
  struct Block {
    let expansion: Double
    let filters: Int
    let extent: Int
    let stride: Int
    let isExcited: Bool
    let isHardSwish: Bool

    init(_ expansion: Double, _ filters: Int, _ extent: Int, _ stride: Int, excited: Bool = false, swish: Bool = false)
    {
      (self.expansion, self.filters, self.extent, self.stride) = (expansion, filters, extent, stride)
      (isExcited, isHardSwish) = (excited, swish)
    }
  }

  let name: String
  let blocks: [Block]
  let lastFilters: Int

  static let small = MobileNetV3Table(
    name: "Small",
    blocks: [
      Block(1, 16, 3, 2, excited: true), Block(72.0 / 16, 24, 3, 2), Block(88.0 / 24, 24, 3, 1),
      Block(4, 40, 5, 2, excited: true, swish: true), Block(6, 40, 5, 1, excited: true, swish: true),
      Block(6, 40, 5, 1, excited: true, swish: true), Block(3, 48, 5, 1, excited: true, swish: true),
      Block(3, 48, 5, 1, excited: true, swish: true), Block(6, 96, 5, 2, excited: true, swish: true),
      Block(6, 96, 5, 1, excited: true, swish: true), Block(6, 96, 5, 1, excited: true, swish: true),
    ], lastFilters: 1024)

  static let large = MobileNetV3Table(
    name: "Large",
    blocks: [
      Block(1, 16, 3, 1), Block(4, 24, 3, 2), Block(3, 24, 3, 1), Block(3, 40, 5, 2, excited: true),
      Block(3, 40, 5, 1, excited: true), Block(3, 40, 5, 1, excited: true), Block(6, 80, 3, 2, swish: true),
      Block(2.5, 80, 3, 1, swish: true), Block(2.3, 80, 3, 1, swish: true), Block(2.3, 80, 3, 1, swish: true),
      Block(6, 112, 3, 1, excited: true, swish: true), Block(6, 112, 3, 1, excited: true, swish: true),
      Block(6, 160, 5, 2, excited: true, swish: true), Block(6, 160, 5, 1, excited: true, swish: true),
      Block(6, 160, 5, 1, excited: true, swish: true),
    ], lastFilters: 1280)
}
