internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size](https://arxiv.org/abs/1602.07360),
  /// version 1.1
  ///
  /// A fire module squeezes to few channels and expands them with 1×1 and 3×3 windows side by side. Layers are called as in
  /// the authors' Caffe model and the Keras port of its weights: `fire2/squeeze1x1`, the slash being part of the name. The
  /// weights were trained in Caffe, on BGR pixels minus the ImageNet mean, and the port's example prepares its pixels so:
  /// preprocessing `caffe`. Photographs agree: on 610 of waste in 6 classes a linear classifier behind `fire9` reaches 0.77
  /// with `caffe`, 0.73 with pixels as they are, 0.62 with `tf`, 0.59 with `unit`, where a fifth of the channels and more fall
  /// silent. The order of the colours shows no difference there (0.76 in RGB) and rests on the example.
  public static let squeezeNet: Architecture = {
    /// Squeeze and expand filters of each fire module, counted from 2.
    let modules = [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]
    return Architecture(
      name: "SqueezeNet", paper: "https://arxiv.org/abs/1602.07360", defaultSize: Size(227, 227), minimumExtent: 48,
      preprocessing: .caffe, alphas: [], classCount: 1000, weightFiles: ["squeezenet_weights_*"],
      groups: ["stem"] + modules.indices.map { "fire\($0 + 2)" } + ["top"], modelName: { _, _ in "squeezenet" },
      layers: { graph, image, _, options in
        func convolved(
          _ value: ModelBuilder.Value, _ filters: Int, _ extent: Int, _ prefix: String, _ name: String,
          strides: Size = Size(1, 1), padding: Padding = .valid
        ) -> ModelBuilder.Value {
          let convolution = Conv2D(
            filters: filters, kernelSize: Size(extent, extent), strides: strides, padding: padding)
          let sum = graph(convolution, name: prefix + name, on: value)
          return graph(Activation(.relu), name: "\(prefix)relu_\(name)", on: sum)
        }
        let pool = MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2))
        graph.group = "stem"
        var x = convolved(image, 64, 3, "", "conv1", strides: Size(2, 2))
        x = graph(pool, name: "pool1", on: x)
        for (index, (squeeze, expand)) in modules.enumerated() {
          let module = index + 2
          graph.group = "fire\(module)"
          let name = "fire\(module)/"
          x = convolved(x, squeeze, 1, name, "squeeze1x1")
          // Both convolutions before both activations: the order of the published file.
          let narrow = graph(Conv2D(filters: expand, kernelSize: Size(1, 1)), name: name + "expand1x1", on: x)
          let wide = graph(
            Conv2D(filters: expand, kernelSize: Size(3, 3), padding: .same), name: name + "expand3x3", on: x)
          let left = graph(Activation(.relu), name: name + "relu_expand1x1", on: narrow)
          let right = graph(Activation(.relu), name: name + "relu_expand3x3", on: wide)
          x = graph(Concatenate(), name: name + "concat", on: left, right)
          if module == 3 || module == 5 { x = graph(pool, name: "pool\(module)", on: x) }
        }
        guard options.includesTop else { return x }
        graph.beginTop()
        x = graph(Dropout(rate: 0.5), name: "drop9", on: x)
        x = convolved(x, options.classCount ?? 1000, 1, "", "conv10")
        x = graph(GlobalAveragePooling2D(), on: x)
        return graph(Activation(.softmax), name: "loss", on: x)
      })
  }()
}
