internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Rethinking the Inception Architecture for Computer Vision](https://arxiv.org/abs/1512.00567)
  ///
  /// Each module looks at its input through windows of several sizes side by side and joins what they see. Windows of 7×7 are
  /// split into 1×7 and 7×1: as much in view for two sevenths of the weights.
  public static let inceptionV3 = Architecture(
    name: "InceptionV3", paper: "https://arxiv.org/abs/1512.00567", defaultSize: Size(299, 299), minimumExtent: 75,
    preprocessing: .tf, alphas: [], classCount: 1000, weightFiles: ["inception_v3_weights_*"],
    groups: ["stem"] + (0...10).map { "mixed\($0)" } + ["top"], modelName: { _, _ in "inception_v3" },
    layers: { graph, image, _, options in
      typealias Value = ModelBuilder.Value
      func convolved(
        _ value: Value, _ filters: Int, _ height: Int, _ width: Int, stride: Int = 1, padding: Padding = .same
      ) -> Value {
        let convolution = Conv2D(
          filters: filters, kernelSize: Size(height, width), strides: Size(stride, stride), padding: padding,
          usesBias: false)
        let sum = graph(BatchNormalization(scale: false), on: graph(convolution, on: value))
        return graph(Activation(.relu), on: sum)
      }
      func averaged(_ value: Value, _ filters: Int) -> Value {
        let pool = AveragePooling2D(poolSize: Size(3, 3), strides: Size(1, 1), padding: .same)
        return convolved(graph(pool, on: value), filters, 1, 1)
      }
      let halving = MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2))

      graph.group = "stem"
      var x = convolved(image, 32, 3, 3, stride: 2, padding: .valid)
      x = convolved(x, 32, 3, 3, padding: .valid)
      x = convolved(x, 64, 3, 3)
      x = graph(halving, on: x)
      x = convolved(x, 80, 1, 1, padding: .valid)
      x = convolved(x, 192, 3, 3, padding: .valid)
      x = graph(halving, on: x)

      for (index, pooled) in [32, 64, 64].enumerated() {
        graph.group = "mixed\(index)"
        let narrow = convolved(x, 64, 1, 1)
        let wide = convolved(convolved(x, 48, 1, 1), 64, 5, 5)
        let double = convolved(convolved(convolved(x, 64, 1, 1), 96, 3, 3), 96, 3, 3)
        x = graph(Concatenate(), name: "mixed\(index)", on: narrow, wide, double, averaged(x, pooled))
      }

      graph.group = "mixed3"
      var single = convolved(x, 384, 3, 3, stride: 2, padding: .valid)
      var double = convolved(convolved(x, 64, 1, 1), 96, 3, 3)
      double = convolved(double, 96, 3, 3, stride: 2, padding: .valid)
      x = graph(Concatenate(), name: "mixed3", on: single, double, graph(halving, on: x))

      for (index, inner) in [128, 160, 160, 192].enumerated() {
        graph.group = "mixed\(index + 4)"
        let narrow = convolved(x, 192, 1, 1)
        let seven = convolved(convolved(convolved(x, inner, 1, 1), inner, 1, 7), 192, 7, 1)
        var twice = convolved(convolved(x, inner, 1, 1), inner, 7, 1)
        twice = convolved(convolved(twice, inner, 1, 7), inner, 7, 1)
        twice = convolved(twice, 192, 1, 7)
        x = graph(Concatenate(), name: "mixed\(index + 4)", on: narrow, seven, twice, averaged(x, 192))
      }

      graph.group = "mixed8"
      single = convolved(convolved(x, 192, 1, 1), 320, 3, 3, stride: 2, padding: .valid)
      double = convolved(convolved(convolved(x, 192, 1, 1), 192, 1, 7), 192, 7, 1)
      double = convolved(double, 192, 3, 3, stride: 2, padding: .valid)
      x = graph(Concatenate(), name: "mixed8", on: single, double, graph(halving, on: x))

      for index in 0..<2 {
        graph.group = "mixed\(index + 9)"
        let narrow = convolved(x, 320, 1, 1)
        single = convolved(x, 384, 1, 1)
        let (flat, upright) = (convolved(single, 384, 1, 3), convolved(single, 384, 3, 1))
        single = graph(Concatenate(), name: "mixed9_\(index)", on: flat, upright)
        double = convolved(convolved(x, 448, 1, 1), 384, 3, 3)
        let (flatter, uprighter) = (convolved(double, 384, 1, 3), convolved(double, 384, 3, 1))
        double = graph(Concatenate(), on: flatter, uprighter)
        x = graph(Concatenate(), name: "mixed\(index + 9)", on: narrow, single, double, averaged(x, 192))
      }
      guard options.includesTop else { return x }
      graph.beginTop()
      return graph.pooledTop(on: x, classes: options.classCount ?? 1000, pool: "avg_pool", dense: "predictions")
    })
}
