internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Xception: Deep Learning with Depthwise Separable Convolutions](https://arxiv.org/abs/1610.02357)
  ///
  /// Inception carried to its end: every channel is looked at on its own, then all are mixed by 1×1 convolutions, with
  /// residual shortcuts around each block.
  public static let xception = Architecture(
    name: "Xception", paper: "https://arxiv.org/abs/1610.02357", defaultSize: Size(299, 299), minimumExtent: 71,
    preprocessing: .tf, alphas: [], classCount: 1000, weightFiles: ["xception_weights_*"],
    groups: (1...14).map { "block\($0)" } + ["top"], modelName: { _, _ in "xception" },
    layers: { graph, image, _, options in
      func separable(_ value: ModelBuilder.Value, _ filters: Int, _ name: String) -> ModelBuilder.Value {
        let layer = SeparableConv2D(filters: filters, kernelSize: Size(3, 3), padding: .same, usesBias: false)
        return graph(BatchNormalization(), name: name + "_bn", on: graph(layer, name: name, on: value))
      }
      /// Halves the image; the shortcut is a strided 1×1 convolution.
      func halving(_ value: ModelBuilder.Value, block: Int, _ filters: [Int]) -> ModelBuilder.Value {
        graph.group = "block\(block)"
        let projection = Conv2D(
          filters: filters[1], kernelSize: Size(1, 1), strides: Size(2, 2), padding: .same, usesBias: false)
        let shortcut = graph(BatchNormalization(), on: graph(projection, on: value))
        var x = value
        for (index, filters) in filters.enumerated() {
          let name = "block\(block)_sepconv\(index + 1)"
          if block > 2 || index > 0 { x = graph(Activation(.relu), name: name + "_act", on: x) }
          x = separable(x, filters, name)
        }
        let pool = MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2), padding: .same)
        return graph(Add(), on: graph(pool, name: "block\(block)_pool", on: x), shortcut)
      }
      graph.group = "block1"
      var x = image
      for (index, filters) in [32, 64].enumerated() {
        let name = "block1_conv\(index + 1)"
        let stride = index == 0 ? 2 : 1
        let convolution = Conv2D(
          filters: filters, kernelSize: Size(3, 3), strides: Size(stride, stride), usesBias: false)
        x = graph(convolution, name: name, on: x)
        x = graph(BatchNormalization(), name: name + "_bn", on: x)
        x = graph(Activation(.relu), name: name + "_act", on: x)
      }
      x = halving(x, block: 2, [128, 128])
      x = halving(x, block: 3, [256, 256])
      x = halving(x, block: 4, [728, 728])
      for block in 5...12 {
        graph.group = "block\(block)"
        let shortcut = x
        for position in 1...3 {
          let name = "block\(block)_sepconv\(position)"
          x = separable(graph(Activation(.relu), name: name + "_act", on: x), 728, name)
        }
        x = graph(Add(), on: x, shortcut)
      }
      x = halving(x, block: 13, [728, 1024])
      graph.group = "block14"
      for (index, filters) in [1536, 2048].enumerated() {
        let name = "block14_sepconv\(index + 1)"
        x = graph(Activation(.relu), name: name + "_act", on: separable(x, filters, name))
      }
      guard options.includesTop else { return x }
      graph.beginTop()
      return graph.pooledTop(on: x, classes: options.classCount ?? 1000, pool: "avg_pool", dense: "predictions")
    })
}
