internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications](https://arxiv.org/abs/1704.04861)
  ///
  /// A convolution of a window over all channels costs `window · channels · filters`; one window per channel (depthwise) and
  /// then one number per pair of channels (pointwise) cost `window · channels + channels · filters`, here an eighth.
  public static let mobileNet: Architecture = {
    /// Filters and stride of each depthwise separable block.
    let blocks = [
      (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
      (1024, 2), (1024, 1),
    ]
    return Architecture(
      name: "MobileNet", paper: "https://arxiv.org/abs/1704.04861", defaultSize: Size(224, 224), minimumExtent: 32,
      preprocessing: .tf, alphas: [0.25, 0.5, 0.75, 1], classCount: 1000,
      weightFiles: ["mobilenet_1_0_*", "mobilenet_7_5_*", "mobilenet_5_0_*", "mobilenet_2_5_*", "mobilenet_v1_*"],
      groups: ["stem"] + blocks.indices.map { "block\($0 + 1)" } + ["top"],
      modelName: { options, shape in "mobilenet_\(options.alpha.withTwoDecimals)_\(shape.rows ?? 224)" },
      layers: { graph, image, _, options in
        func width(_ filters: Int) -> Int { Int(Float(filters) * options.alpha) }
        func normalized(_ value: ModelBuilder.Value, _ name: String) -> ModelBuilder.Value {
          graph(ReLU(maxValue: 6), name: name + "_relu", on: graph(BatchNormalization(), name: name + "_bn", on: value))
        }
        graph.group = "stem"
        let stem = Conv2D(
          filters: width(32), kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same, usesBias: false)
        var x = normalized(graph(stem, name: "conv1", on: image), "conv1")
        for (index, (filters, stride)) in blocks.enumerated() {
          let block = index + 1
          graph.group = "block\(block)"
          if stride > 1 {
            x = graph(
              ZeroPadding2D(padding: Margins(top: 0, bottom: 1, left: 0, right: 1)), name: "conv_pad_\(block)", on: x)
          }
          let depthwise = DepthwiseConv2D(
            kernelSize: Size(3, 3), strides: Size(stride, stride), padding: stride > 1 ? .valid : .same, usesBias: false
          )
          x = normalized(graph(depthwise, name: "conv_dw_\(block)", on: x), "conv_dw_\(block)")
          let pointwise = Conv2D(filters: width(filters), kernelSize: Size(1, 1), padding: .same, usesBias: false)
          x = normalized(graph(pointwise, name: "conv_pw_\(block)", on: x), "conv_pw_\(block)")
        }
        guard options.includesTop else { return x }
        let classes = options.classCount ?? 1000
        graph.beginTop()
        x = graph(GlobalAveragePooling2D(keepsDimensions: true), on: x)
        x = graph(Dropout(rate: 0.001), name: "dropout", on: x)
        x = graph(
          Conv2D(filters: classes, kernelSize: Size(1, 1), padding: .same), name: "conv_preds", on: x)
        x = graph(Reshape(targetShape: [classes]), name: "reshape_2", on: x)
        return graph(Activation(.softmax), name: "predictions", on: x)
      })
  }()
}
