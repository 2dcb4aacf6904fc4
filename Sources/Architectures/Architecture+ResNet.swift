internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385), 50 layers
  ///
  /// A block learns what to *add* to its input: narrow to a quarter, look around, widen again. Keras' weights have the stride
  /// in the first 1×1 convolution, as the paper (and not in the 3×3 one, as Torch), and a bias on every convolution.
  public static let resNet50: Architecture = {
    /// Inner filters, stride and number of blocks of each stage; the outer filters are four times as many.
    let stages = [(64, 1, 3), (128, 2, 4), (256, 2, 6), (512, 2, 3)]
    return Architecture(
      name: "ResNet50", paper: "https://arxiv.org/abs/1512.03385", defaultSize: Size(224, 224), minimumExtent: 32,
      preprocessing: .caffe, alphas: [], classCount: 1000, weightFiles: ["resnet50_weights_*"],
      groups: ["stem"] + stages.indices.map { "stage\($0 + 2)" } + ["top"], modelName: { _, _ in "resnet50" },
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

        for (index, (filters, firstStride, count)) in stages.enumerated() {
          graph.group = "stage\(index + 2)"
          for block in 1...count {
            let name = "conv\(index + 2)_block\(block)_"
            let stride = block == 1 ? firstStride : 1
            var shortcut = x
            x = graph(pointwise(filters, stride: stride), name: name + "1_conv", on: x)
            x = graph(normalization, name: name + "1_bn", on: x)
            x = graph(Activation(.relu), name: name + "1_relu", on: x)
            x = graph(
              Conv2D(filters: filters, kernelSize: Size(3, 3), padding: .same), name: name + "2_conv", on: x)
            x = graph(normalization, name: name + "2_bn", on: x)
            x = graph(Activation(.relu), name: name + "2_relu", on: x)
            if block == 1 {
              // Interleaved: Keras orders layers by their distance to the output, and its files follow that order.
              shortcut = graph(pointwise(4 * filters, stride: stride), name: name + "0_conv", on: shortcut)
              x = graph(pointwise(4 * filters), name: name + "3_conv", on: x)
              shortcut = graph(normalization, name: name + "0_bn", on: shortcut)
            } else {
              x = graph(pointwise(4 * filters), name: name + "3_conv", on: x)
            }
            x = graph(normalization, name: name + "3_bn", on: x)
            x = graph(Add(), name: name + "add", on: shortcut, x)
            x = graph(Activation(.relu), name: name + "out", on: x)
          }
        }
        guard options.includesTop else { return x }
        graph.beginTop()
        x = graph(GlobalAveragePooling2D(), name: "avg_pool", on: x)
        return graph(Dense(units: options.classCount ?? 1000, activation: .softmax), name: "predictions", on: x)
      })
  }()
}
