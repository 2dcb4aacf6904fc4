internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning](https://arxiv.org/abs/1602.07261)
  ///
  /// Inception modules inside residual blocks, whose sums are scaled down to keep hundreds of layers stable.
  public static let inceptionResNetV2 = Architecture(
    name: "InceptionResNetV2", paper: "https://arxiv.org/abs/1602.07261", defaultSize: Size(299, 299),
    minimumExtent: 75, preprocessing: .tf, alphas: [], classCount: 1000,
    weightFiles: ["inception_resnet_v2_weights_*"],
    groups: ["stem", "mixed_5b", "block35", "mixed_6a", "block17", "mixed_7a", "block8", "last", "top"],
    modelName: { _, _ in "inception_resnet_v2" },
    layers: { graph, image, _, options in
      typealias Value = ModelBuilder.Value
      func convolved(
        _ value: Value, _ filters: Int, _ height: Int, _ width: Int? = nil, stride: Int = 1, padding: Padding = .same,
        name: String? = nil
      ) -> Value {
        let convolution = Conv2D(
          filters: filters, kernelSize: Size(height, width ?? height), strides: Size(stride, stride),
          padding: padding, usesBias: false)
        let sum = graph(
          BatchNormalization(scale: false), name: name.map { $0 + "_bn" }, on: graph(convolution, name: name, on: value)
        )
        return graph(Activation(.relu), name: name.map { $0 + "_ac" }, on: sum)
      }
      /// Adds a part of what `branches` see to the value.
      func residual(
        _ value: Value, channels: Int, scale: Float, _ name: String, isActivated: Bool = true,
        branches: (Value) -> [Value]
      ) -> Value {
        let mixed = graph(Concatenate(), name: name + "_mixed", on: branches(value))
        let up = graph(
          Conv2D(filters: channels, kernelSize: Size(1, 1), padding: .same), name: name + "_conv", on: mixed)
        let sum = graph(CustomScaleLayer(scale: scale), on: value, up)
        return isActivated ? graph(Activation(.relu), name: name + "_ac", on: sum) : sum
      }
      let halving = MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2))

      graph.group = "stem"
      var x = convolved(image, 32, 3, stride: 2, padding: .valid)
      x = convolved(x, 32, 3, padding: .valid)
      x = convolved(x, 64, 3)
      x = graph(halving, on: x)
      x = convolved(x, 80, 1, padding: .valid)
      x = convolved(x, 192, 3, padding: .valid)
      x = graph(halving, on: x)

      graph.group = "mixed_5b"
      let narrow = convolved(x, 96, 1)
      let wide = convolved(convolved(x, 48, 1), 64, 5)
      let double = convolved(convolved(convolved(x, 64, 1), 96, 3), 96, 3)
      let pool = graph(AveragePooling2D(poolSize: Size(3, 3), strides: Size(1, 1), padding: .same), on: x)
      x = graph(Concatenate(), name: "mixed_5b", on: narrow, wide, double, convolved(pool, 64, 1))

      graph.group = "block35"
      for index in 1...10 {
        x = residual(x, channels: 320, scale: 0.17, "block35_\(index)") { x in
          let first = convolved(x, 32, 1)
          let second = convolved(convolved(x, 32, 1), 32, 3)
          return [first, second, convolved(convolved(convolved(x, 32, 1), 48, 3), 64, 3)]
        }
      }

      graph.group = "mixed_6a"
      let sixA = convolved(x, 384, 3, stride: 2, padding: .valid)
      let sixB = convolved(convolved(convolved(x, 256, 1), 256, 3), 384, 3, stride: 2, padding: .valid)
      x = graph(Concatenate(), name: "mixed_6a", on: sixA, sixB, graph(halving, on: x))

      graph.group = "block17"
      for index in 1...20 {
        x = residual(x, channels: 1088, scale: 0.1, "block17_\(index)") { x in
          let first = convolved(x, 192, 1)
          return [first, convolved(convolved(convolved(x, 128, 1), 160, 1, 7), 192, 7, 1)]
        }
      }

      graph.group = "mixed_7a"
      let sevenA = convolved(convolved(x, 256, 1), 384, 3, stride: 2, padding: .valid)
      let sevenB = convolved(convolved(x, 256, 1), 288, 3, stride: 2, padding: .valid)
      let sevenC = convolved(convolved(convolved(x, 256, 1), 288, 3), 320, 3, stride: 2, padding: .valid)
      x = graph(Concatenate(), name: "mixed_7a", on: sevenA, sevenB, sevenC, graph(halving, on: x))

      graph.group = "block8"
      for index in 1...10 {
        let isLast = index == 10
        x = residual(x, channels: 2080, scale: isLast ? 1 : 0.2, "block8_\(index)", isActivated: !isLast) { x in
          let first = convolved(x, 192, 1)
          return [first, convolved(convolved(convolved(x, 192, 1), 224, 1, 3), 256, 3, 1)]
        }
      }

      graph.group = "last"
      x = convolved(x, 1536, 1, name: "conv_7b")
      guard options.includesTop else { return x }
      graph.beginTop()
      return graph.pooledTop(on: x, classes: options.classCount ?? 1000, pool: "avg_pool", dense: "predictions")
    })
}
