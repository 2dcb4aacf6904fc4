internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [MobileNetV2: Inverted Residuals and Linear Bottlenecks](https://arxiv.org/abs/1801.04381)
  ///
  /// A block widens six-fold, looks around depthwise, and narrows again without an activation; the shortcut joins the narrow
  /// ends.
  public static let mobileNetV2: Architecture = {
    /// Filters, stride of the first block, and number of blocks of each stage; the first one does not widen.
    let stages = [(16, 1, 1), (24, 2, 2), (32, 2, 3), (64, 2, 4), (96, 1, 3), (160, 2, 3), (320, 1, 1)]
    let blockCount = stages.reduce(0) { $0 + $1.2 }
    return Architecture(
      name: "MobileNetV2", paper: "https://arxiv.org/abs/1801.04381", defaultSize: Size(224, 224), minimumExtent: 32,
      preprocessing: .tf, alphas: [0.35, 0.5, 0.75, 1, 1.3, 1.4], classCount: 1000,
      weightFiles: ["mobilenet_v2_*"],
      groups: ["stem"] + (0..<blockCount).map { "block\($0)" } + ["last", "top"],
      modelName: { options, shape in "mobilenetv2_\(options.alpha.withTwoDecimals)_\(shape.rows ?? 224)" },
      layers: { graph, image, shape, options in
        let normalization = BatchNormalization(momentum: 0.999)
        var extents = Extents(shape)
        func divisible(_ channels: Float) -> Int { .divisibleByEight(Double(channels)) }

        graph.group = "stem"
        var channels = divisible(32 * options.alpha)
        let stem = Conv2D(
          filters: channels, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same, usesBias: false)
        var x = graph(stem, name: "Conv1", on: image)
        x = graph(normalization, name: "bn_Conv1", on: x)
        x = graph(ReLU(maxValue: 6), name: "Conv1_relu", on: x)
        extents = extents.halved

        var block = 0
        for (filters, firstStride, count) in stages {
          for position in 0..<count {
            let prefix = block == 0 ? "expanded_conv_" : "block_\(block)_"
            let stride = position == 0 ? firstStride : 1
            let output = divisible(Float(filters) * options.alpha)
            let shortcut = x
            graph.group = "block\(block)"
            if block > 0 {
              let expand = Conv2D(filters: 6 * channels, kernelSize: Size(1, 1), padding: .same, usesBias: false)
              x = graph(expand, name: prefix + "expand", on: x)
              x = graph(normalization, name: prefix + "expand_BN", on: x)
              x = graph(ReLU(maxValue: 6), name: prefix + "expand_relu", on: x)
            }
            if stride > 1 {
              let padding = extents.padding(forKernel: 3)
              x = graph(ZeroPadding2D(padding: padding), name: prefix + "pad", on: x)
              extents = extents.halved
            }
            let depthwise = DepthwiseConv2D(
              kernelSize: Size(3, 3), strides: Size(stride, stride), padding: stride > 1 ? .valid : .same,
              usesBias: false)
            x = graph(depthwise, name: prefix + "depthwise", on: x)
            x = graph(normalization, name: prefix + "depthwise_BN", on: x)
            x = graph(ReLU(maxValue: 6), name: prefix + "depthwise_relu", on: x)
            let project = Conv2D(filters: output, kernelSize: Size(1, 1), padding: .same, usesBias: false)
            x = graph(project, name: prefix + "project", on: x)
            x = graph(normalization, name: prefix + "project_BN", on: x)
            if stride == 1, channels == output { x = graph(Add(), name: prefix + "add", on: shortcut, x) }
            channels = output
            block += 1
          }
        }

        graph.group = "last"
        let last = Conv2D(
          filters: options.alpha > 1 ? divisible(1280 * options.alpha) : 1280, kernelSize: Size(1, 1), usesBias: false)
        x = graph(last, name: "Conv_1", on: x)
        x = graph(normalization, name: "Conv_1_bn", on: x)
        x = graph(ReLU(maxValue: 6), name: "out_relu", on: x)
        guard options.includesTop else { return x }
        graph.beginTop()
        x = graph(GlobalAveragePooling2D(), on: x)
        return graph(Dense(units: options.classCount ?? 1000, activation: .softmax), name: "predictions", on: x)
      })
  }()
}
