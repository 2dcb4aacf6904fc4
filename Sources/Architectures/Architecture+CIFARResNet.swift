internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// The residual network for small pictures of [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385),
  /// section 4.2, twice as wide, with one block per stage, and halved in size at the start of every stage: 13 million
  /// multiply-adds for a picture of 32×32, 0.3 million parameters. The pretrained backbone of this package.
  public static let cifarResNet: Architecture = {
    /// Filters of each stage.
    let stages = [32, 64, 128]
    return Architecture(
      name: "CIFARResNet", paper: "https://arxiv.org/abs/1512.03385", defaultSize: Size(32, 32), minimumExtent: 16,
      preprocessing: .tf, alphas: [], classCount: 10, weightFiles: ["cifar10.h5"],
      groups: ["stem"] + stages.indices.map { "stage\($0 + 1)" } + ["top"], modelName: { _, _ in "cifar_resnet" },
      layers: { graph, image, _, options in
        func convolved(
          _ value: ModelBuilder.Value, _ filters: Int, extent: Int = 3, stride: Int = 1, _ name: String
        ) -> ModelBuilder.Value {
          let convolution = Conv2D(
            filters: filters, kernelSize: Size(extent, extent), strides: Size(stride, stride), padding: .same,
            usesBias: false, kernelInitializer: .heNormal)
          let sum = graph(convolution, name: name + "_conv", on: value)
          return graph(BatchNormalization(momentum: 0.9), name: name + "_bn", on: sum)
        }
        graph.group = "stem"
        var x = graph(ReLU(), name: "stem_relu", on: convolved(image, 32, "stem"))
        for (index, filters) in stages.enumerated() {
          let stage = "stage\(index + 1)"
          graph.group = stage
          let first = graph(ReLU(), name: stage + "_1_relu", on: convolved(x, filters, stride: 2, stage + "_1"))
          let shortcut = convolved(x, filters, extent: 1, stride: 2, stage + "_0")
          let sum = graph(Add(), name: stage + "_add", on: shortcut, convolved(first, filters, stage + "_2"))
          x = graph(ReLU(), name: stage + "_out", on: sum)
        }
        guard options.includesTop else { return x }
        graph.beginTop()
        x = graph(GlobalAveragePooling2D(), name: "avg_pool", on: x)
        return graph(Dense(units: options.classCount ?? 10, activation: .softmax), name: "predictions", on: x)
      })
  }()
}
