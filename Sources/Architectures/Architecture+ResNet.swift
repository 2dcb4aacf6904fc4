internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385), 50 layers
  public static let resNet50 = resNet(50, blocks: [3, 4, 6, 3])

  /// [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385), 101 layers
  public static let resNet101 = resNet(101, blocks: [3, 4, 23, 3])

  /// [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385), 152 layers
  public static let resNet152 = resNet(152, blocks: [3, 8, 36, 3])

  /// A block learns what to *add* to its input: narrow to a quarter, look around, widen again. Keras' weights have the stride
  /// in the first 1×1 convolution, as the paper (and not in the 3×3 one, as Torch), and a bias on every convolution.
  ///
  /// - Parameter blocks: the number of blocks of each stage. Its inner filters are 64, 128, 256, 512, the outer ones four
  ///   times as many.
  private static func resNet(_ depth: Int, blocks: [Int]) -> Architecture {
    Architecture(
      name: "ResNet\(depth)", paper: "https://arxiv.org/abs/1512.03385", defaultSize: Size(224, 224), minimumExtent: 32,
      preprocessing: .caffe, alphas: [], classCount: 1000, weightFiles: ["resnet\(depth)_weights_*"],
      groups: ["stem"] + blocks.indices.map { "stage\($0 + 2)" } + ["top"], modelName: { _, _ in "resnet\(depth)" },
      layers: { graph, image, _, options in
        let normalization = BatchNormalization(epsilon: 1.001e-5)
        func pointwise(_ filters: Int, stride: Int = 1) -> Conv2D {
          Conv2D(filters: filters, kernelSize: Size(1, 1), strides: Size(stride, stride))
        }
        graph.group = "stem"
        var x = graph(ZeroPadding2D(padding: Margins(3)), name: "conv1_pad", on: image)
        x = graph(Conv2D(filters: 64, kernelSize: Size(7, 7), strides: Size(2, 2)), name: "conv1_conv", on: x)
        x = graph(normalization, name: "conv1_bn", on: x)
        x = graph(Activation(.relu), name: "conv1_relu", on: x)
        x = graph(ZeroPadding2D(padding: Margins(1)), name: "pool1_pad", on: x)
        x = graph(MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2)), name: "pool1_pool", on: x)

        for (index, count) in blocks.enumerated() {
          graph.group = "stage\(index + 2)"
          let filters = 64 << index
          for block in 1...count {
            let name = "conv\(index + 2)_block\(block)_"
            let stride = block == 1 && index > 0 ? 2 : 1
            var shortcut = x
            if block == 1 {
              shortcut = graph(pointwise(4 * filters, stride: stride), name: name + "0_conv", on: x)
              shortcut = graph(normalization, name: name + "0_bn", on: shortcut)
            }
            x = graph(pointwise(filters, stride: stride), name: name + "1_conv", on: x)
            x = graph(normalization, name: name + "1_bn", on: x)
            x = graph(Activation(.relu), name: name + "1_relu", on: x)
            x = graph(
              Conv2D(filters: filters, kernelSize: Size(3, 3), padding: .same), name: name + "2_conv", on: x)
            x = graph(normalization, name: name + "2_bn", on: x)
            x = graph(Activation(.relu), name: name + "2_relu", on: x)
            x = graph(pointwise(4 * filters), name: name + "3_conv", on: x)
            x = graph(normalization, name: name + "3_bn", on: x)
            x = graph(Add(), name: name + "add", on: shortcut, x)
            x = graph(Activation(.relu), name: name + "out", on: x)
          }
        }
        guard options.includesTop else { return x }
        graph.beginTop()
        return graph.pooledTop(on: x, classes: options.classCount ?? 1000, pool: "avg_pool", dense: "predictions")
      })
  }
}
