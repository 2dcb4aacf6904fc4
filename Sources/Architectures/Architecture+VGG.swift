internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Very Deep Convolutional Networks for Large-Scale Image Recognition](https://arxiv.org/abs/1409.1556), configuration D
  public static let vgg16 = vgg(name: "VGG16", blocks: [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)])

  /// [Very Deep Convolutional Networks for Large-Scale Image Recognition](https://arxiv.org/abs/1409.1556), configuration E
  public static let vgg19 = vgg(name: "VGG19", blocks: [(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)])

  /// Nothing but 3×3 convolutions, halved in size between blocks. Two of them see as much as one of 5×5, three as much as
  /// one of 7×7, with fewer weights and more bends in between. Nine tenths of the weights stand in the first dense layer.
  ///
  /// - Parameter blocks: filters and number of convolutions of each block.
  private static func vgg(name: String, blocks: [(filters: Int, count: Int)]) -> Architecture {
    Architecture(
      name: name, paper: "https://arxiv.org/abs/1409.1556", defaultSize: Size(224, 224), minimumExtent: 32,
      preprocessing: .caffe, alphas: [], classCount: 1000, weightFiles: ["\(name.lowercased())_weights_*"],
      groups: blocks.indices.map { "block\($0 + 1)" } + ["top"], modelName: { _, _ in name.lowercased() },
      layers: { graph, image, _, options in
        var x = image
        for (index, (filters, count)) in blocks.enumerated() {
          let block = "block\(index + 1)"
          graph.group = block
          for position in 1...count {
            let convolution = Conv2D(filters: filters, kernelSize: Size(3, 3), padding: .same, activation: .relu)
            x = graph(convolution, name: "\(block)_conv\(position)", on: x)
          }
          x = graph(MaxPooling2D(), name: "\(block)_pool", on: x)
        }
        guard options.includesTop else { return x }
        graph.beginTop()
        x = graph(Flatten(), name: "flatten", on: x)
        x = graph(Dense(units: 4096, activation: .relu), name: "fc1", on: x)
        x = graph(Dense(units: 4096, activation: .relu), name: "fc2", on: x)
        return graph(Dense(units: options.classCount ?? 1000, activation: .softmax), name: "predictions", on: x)
      })
  }
}
