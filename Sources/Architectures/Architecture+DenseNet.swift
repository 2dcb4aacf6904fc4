internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Densely Connected Convolutional Networks](https://arxiv.org/abs/1608.06993), 121 layers
  public static let denseNet121 = denseNet(121, blocks: [6, 12, 24, 16])

  /// [Densely Connected Convolutional Networks](https://arxiv.org/abs/1608.06993), 169 layers
  public static let denseNet169 = denseNet(169, blocks: [6, 12, 32, 32])

  /// [Densely Connected Convolutional Networks](https://arxiv.org/abs/1608.06993), 201 layers
  public static let denseNet201 = denseNet(201, blocks: [6, 12, 48, 32])

  /// Every layer sees the outputs of all before it, and adds 32 channels to them: features are used again instead of learned
  /// again. Between the blocks channels and image are halved.
  ///
  /// - Parameter blocks: the number of layers of each block.
  private static func denseNet(_ depth: Int, blocks: [Int]) -> Architecture {
    Architecture(
      name: "DenseNet\(depth)", paper: "https://arxiv.org/abs/1608.06993", defaultSize: Size(224, 224),
      minimumExtent: 32, preprocessing: .torch, alphas: [], classCount: 1000,
      weightFiles: ["densenet\(depth)_weights_*"],
      groups: ["stem"] + blocks.indices.map { "block\($0 + 2)" } + ["last", "top"],
      modelName: { _, _ in "densenet\(depth)" },
      layers: { graph, image, _, options in
        func activated(_ value: ModelBuilder.Value, _ prefix: String) -> ModelBuilder.Value {
          let sum = graph(BatchNormalization(epsilon: 1.001e-5), name: prefix + "bn", on: value)
          return graph(Activation(.relu), name: prefix + "relu", on: sum)
        }
        func convolved(
          _ value: ModelBuilder.Value, _ filters: Int, _ extent: Int, _ name: String
        ) -> ModelBuilder.Value {
          let padding = extent > 1 ? Padding.same : .valid
          let layer = Conv2D(
            filters: filters, kernelSize: Size(extent, extent), padding: padding, usesBias: false)
          return graph(layer, name: name, on: value)
        }
        graph.group = "stem"
        var x = graph(ZeroPadding2D(padding: Margins(3)), on: image)
        x = graph(
          Conv2D(filters: 64, kernelSize: Size(7, 7), strides: Size(2, 2), usesBias: false), name: "conv1_conv", on: x)
        x = activated(x, "conv1_")
        x = graph(ZeroPadding2D(padding: Margins(1)), on: x)
        x = graph(MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2)), name: "pool1", on: x)

        var channels = 64
        for (index, count) in blocks.enumerated() {
          graph.group = "block\(index + 2)"
          for position in 1...count {
            let name = "conv\(index + 2)_block\(position)_"
            var added = convolved(activated(x, name + "0_"), 128, 1, name + "1_conv")
            added = convolved(activated(added, name + "1_"), 32, 3, name + "2_conv")
            x = graph(Concatenate(), name: name + "concat", on: x, added)
            channels += 32
          }
          guard index + 1 < blocks.count else { break }
          let name = "pool\(index + 2)_"
          channels /= 2
          x = convolved(activated(x, name), channels, 1, name + "conv")
          x = graph(AveragePooling2D(), name: name + "pool", on: x)
        }
        graph.group = "last"
        x = activated(x, "")
        guard options.includesTop else { return x }
        graph.beginTop()
        return graph.pooledTop(on: x, classes: options.classCount ?? 1000, pool: "avg_pool", dense: "predictions")
      })
  }
}
