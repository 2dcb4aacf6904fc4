internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027), 50 layers
  public static let resNet50V2 = resNetV2(50, blocks: [3, 4, 6, 3])

  /// [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027), 101 layers
  public static let resNet101V2 = resNetV2(101, blocks: [3, 4, 23, 3])

  /// [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027), 152 layers
  public static let resNet152V2 = resNetV2(152, blocks: [3, 8, 36, 3])

  /// Normalisation and activation stand *before* each convolution, so that the shortcuts carry values unchanged from stage to
  /// stage. Keras' weights have the stride in the last block of a stage, whose shortcut then picks every second pixel.
  ///
  /// - Parameter blocks: the number of blocks of each stage.
  private static func resNetV2(_ depth: Int, blocks: [Int]) -> Architecture {
    Architecture(
      name: "ResNet\(depth)V2", paper: "https://arxiv.org/abs/1603.05027", defaultSize: Size(224, 224),
      minimumExtent: 32,
      preprocessing: .tf, alphas: [], classCount: 1000, weightFiles: ["resnet\(depth)v2_weights_*"],
      groups: ["stem"] + blocks.indices.map { "stage\($0 + 2)" } + ["last", "top"],
      modelName: { _, _ in "resnet\(depth)v2" },
      layers: { graph, image, _, options in
        let normalization = BatchNormalization(epsilon: 1.001e-5)
        graph.group = "stem"
        var x = graph(ZeroPadding2D(padding: Margins(3)), name: "conv1_pad", on: image)
        x = graph(Conv2D(filters: 64, kernelSize: Size(7, 7), strides: Size(2, 2)), name: "conv1_conv", on: x)
        x = graph(ZeroPadding2D(padding: Margins(1)), name: "pool1_pad", on: x)
        x = graph(MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2)), name: "pool1_pool", on: x)

        for (index, count) in blocks.enumerated() {
          graph.group = "stage\(index + 2)"
          let filters = 64 << index
          for block in 1...count {
            let name = "conv\(index + 2)_block\(block)_"
            let stride = block == count && index < 3 ? 2 : 1
            let strides = Size(stride, stride)
            var before = graph(normalization, name: name + "preact_bn", on: x)
            before = graph(Activation(.relu), name: name + "preact_relu", on: before)
            var shortcut = x
            if block == 1 {
              shortcut = graph(
                Conv2D(filters: 4 * filters, kernelSize: Size(1, 1), strides: strides), name: name + "0_conv",
                on: before)
            } else if stride > 1 {
              shortcut = graph(MaxPooling2D(poolSize: Size(1, 1), strides: strides), on: x)
            }
            x = graph(
              Conv2D(filters: filters, kernelSize: Size(1, 1), usesBias: false), name: name + "1_conv", on: before)
            x = graph(normalization, name: name + "1_bn", on: x)
            x = graph(Activation(.relu), name: name + "1_relu", on: x)
            x = graph(ZeroPadding2D(padding: Margins(1)), name: name + "2_pad", on: x)
            x = graph(
              Conv2D(filters: filters, kernelSize: Size(3, 3), strides: strides, usesBias: false),
              name: name + "2_conv", on: x)
            x = graph(normalization, name: name + "2_bn", on: x)
            x = graph(Activation(.relu), name: name + "2_relu", on: x)
            x = graph(Conv2D(filters: 4 * filters, kernelSize: Size(1, 1)), name: name + "3_conv", on: x)
            x = graph(Add(), name: name + "out", on: shortcut, x)
          }
        }
        graph.group = "last"
        x = graph(normalization, name: "post_bn", on: x)
        x = graph(Activation(.relu), name: "post_relu", on: x)
        guard options.includesTop else { return x }
        graph.beginTop()
        return graph.pooledTop(on: x, classes: options.classCount ?? 1000, pool: "avg_pool", dense: "predictions")
      })
  }
}
