internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks](https://arxiv.org/abs/1905.11946), B0 to B7
  ///
  /// MobileNetV2's blocks with squeeze-and-excitation and swish; width, depth and image size grow together. Pixels go in as
  /// they are, 0…255: scaling and normalisation stand inside, their mean and variance among the weights.
  public static let efficientNets: [Architecture] = [
    efficientNet("B0", width: 1, depth: 1, size: 224, dropout: 0.2),
    efficientNet("B1", width: 1, depth: 1.1, size: 240, dropout: 0.2),
    efficientNet("B2", width: 1.1, depth: 1.2, size: 260, dropout: 0.3),
    efficientNet("B3", width: 1.2, depth: 1.4, size: 300, dropout: 0.3),
    efficientNet("B4", width: 1.4, depth: 1.8, size: 380, dropout: 0.4),
    efficientNet("B5", width: 1.6, depth: 2.2, size: 456, dropout: 0.4),
    efficientNet("B6", width: 1.8, depth: 2.6, size: 528, dropout: 0.5),
    efficientNet("B7", width: 2, depth: 3.1, size: 600, dropout: 0.5),
  ]

  private static func efficientNet(
    _ variant: String, width: Double, depth: Double, size: Int, dropout: Float
  ) -> Architecture {
    /// Window, blocks, filters, expansion and stride of each stage, before scaling.
    let stages = [
      (3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (5, 2, 40, 6, 2), (3, 3, 80, 6, 2), (5, 3, 112, 6, 1), (5, 4, 192, 6, 2),
      (3, 1, 320, 6, 1),
    ]
    let counts = stages.map { Int((depth * Double($0.1)).rounded(.up)) }
    return Architecture(
      name: "EfficientNet\(variant)", paper: "https://arxiv.org/abs/1905.11946", defaultSize: Size(size, size),
      minimumExtent: 32, preprocessing: .none, alphas: [], classCount: 1000,
      weightFiles: ["efficientnet\(variant.lowercased()).h5", "efficientnet\(variant.lowercased())_notop.h5"],
      groups: ["stem"] + stages.indices.map { "block\($0 + 1)" } + ["last", "top"],
      modelName: { _, _ in "efficientnet\(variant.lowercased())" },
      layers: { graph, image, shape, options in
        func rounded(_ filters: Int) -> Int { .divisibleByEight(Double(filters) * width) }
        var extents = Extents(shape)
        graph.group = "stem"
        var x = graph(Rescaling(scale: 1 / 255), on: image)
        x = graph(Normalization(axis: .channel(index: 3)), on: x)
        x = graph(ZeroPadding2D(padding: extents.padding(forKernel: 3)), name: "stem_conv_pad", on: x)
        x = graph(
          Conv2D(
            filters: rounded(32), kernelSize: Size(3, 3), strides: Size(2, 2), usesBias: false,
            kernelInitializer: .efficientNetKernel), name: "stem_conv", on: x)
        x = graph(BatchNormalization(), name: "stem_bn", on: x)
        x = graph(Activation(.swish), name: "stem_activation", on: x)
        extents = extents.halved

        var channels = rounded(32)
        var done = 0
        let total = Double(counts.reduce(0, +))
        for (index, (extent, _, filters, expansion, firstStride)) in stages.enumerated() {
          graph.group = "block\(index + 1)"
          for position in 0..<counts[index] {
            let stride = position == 0 ? firstStride : 1
            let block = InvertedResidual(
              prefix: "block\(index + 1)\(letter(position))_", inputs: channels, outputs: rounded(filters),
              expansion: expansion, extent: extent, stride: stride, dropRate: Float(0.2 * Double(done) / total),
              padding: stride == 2 ? extents.padding(forKernel: extent) : nil, depthwiseName: "dwconv")
            x = block.add(to: &graph, on: x)
            if stride == 2 { extents = extents.halved }
            channels = rounded(filters)
            done += 1
          }
        }
        graph.group = "last"
        return graph.efficientTop(
          on: x, lastFilters: rounded(1280), normalization: BatchNormalization(), dropout: dropout, options)
      })
  }

  /// [EfficientNetV2: Smaller Models and Faster Training](https://arxiv.org/abs/2104.00298), B0 to B3, S, M and L
  ///
  /// Early blocks have one full 3×3 convolution instead of a 1×1 and a depthwise one: more multiply-adds, but at the
  /// processor's speed instead of the memory's. Pixels go in as they are, 0…255.
  public static let efficientNetsV2: [Architecture] = [
    efficientNetV2("B0", size: 224), efficientNetV2("B1", depth: 1.1, size: 240),
    efficientNetV2("B2", width: 1.1, depth: 1.2, size: 260), efficientNetV2("B3", width: 1.2, depth: 1.4, size: 300),
    efficientNetV2(
      "S", size: 384,
      stages: [
        (2, 24, 1, 1, true), (4, 48, 4, 2, true), (4, 64, 4, 2, true), (6, 128, 4, 2, false), (9, 160, 6, 1, false),
        (15, 256, 6, 2, false),
      ]),
    efficientNetV2(
      "M", size: 480,
      stages: [
        (3, 24, 1, 1, true), (5, 48, 4, 2, true), (5, 80, 4, 2, true), (7, 160, 4, 2, false), (14, 176, 6, 1, false),
        (18, 304, 6, 2, false), (5, 512, 6, 1, false),
      ]),
    efficientNetV2(
      "L", size: 480,
      stages: [
        (4, 32, 1, 1, true), (7, 64, 4, 2, true), (7, 96, 4, 2, true), (10, 192, 4, 2, false), (19, 224, 6, 1, false),
        (25, 384, 6, 2, false), (7, 640, 6, 1, false),
      ]),
  ]

  /// - Parameter stages: blocks, filters, expansion, stride, and whether the blocks are fused; those of B0 if nil.
  private static func efficientNetV2(
    _ variant: String, width: Double = 1, depth: Double = 1, size: Int,
    stages given: [(Int, Int, Int, Int, Bool)]? = nil
  ) -> Architecture {
    let isSmall = given == nil
    let stages =
      given ?? [
        (1, 16, 1, 1, true), (2, 32, 4, 2, true), (2, 48, 4, 2, true), (3, 96, 4, 2, false), (5, 112, 6, 1, false),
        (8, 192, 6, 2, false),
      ]
    let counts = stages.map { Int((depth * Double($0.0)).rounded(.up)) }
    let file = "efficientnetv2-\(variant.lowercased())"
    return Architecture(
      name: "EfficientNetV2\(variant)", paper: "https://arxiv.org/abs/2104.00298", defaultSize: Size(size, size),
      minimumExtent: 32, preprocessing: .none, alphas: [], classCount: 1000,
      weightFiles: [file + ".h5", file + "_notop.h5"],
      groups: ["stem"] + stages.indices.map { "block\($0 + 1)" } + ["last", "top"], modelName: { _, _ in file },
      layers: { graph, image, shape, options in
        // Unlike in the first EfficientNets rounding may take more than a tenth away.
        func rounded(_ filters: Int) -> Int { max(8, Int(Double(filters) * width + 4) / 8 * 8) }
        let normalization = BatchNormalization(momentum: 0.9)
        graph.group = "stem"
        var x: ModelBuilder.Value
        // As in Keras, only colours have means of their own.
        if isSmall, shape[2] == 3 {
          x = graph(Rescaling(scale: 1 / 255), on: image)
          let constants = Normalization.Constants(
            mean: [0.485, 0.456, 0.406], variance: [0.229 * 0.229, 0.224 * 0.224, 0.225 * 0.225])
          x = graph(Normalization(axis: .channel(index: 3), constants: constants), on: x)
        } else {
          x = graph(Rescaling(scale: 1 / 128, offset: -1), on: image)
        }
        var channels = rounded(isSmall ? 32 : stages[0].1)
        x = graph(
          Conv2D(
            filters: channels, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same, usesBias: false,
            kernelInitializer: .efficientNetKernel), name: "stem_conv", on: x)
        x = graph(normalization, name: "stem_bn", on: x)
        x = graph(Activation(.swish), name: "stem_activation", on: x)

        var done = 0
        let total = Double(stages.reduce(0) { $0 + $1.0 })
        for (index, (_, filters, expansion, firstStride, isFused)) in stages.enumerated() {
          graph.group = "block\(index + 1)"
          for position in 0..<counts[index] {
            var block = InvertedResidual(
              prefix: "block\(index + 1)\(letter(position))_", inputs: channels, outputs: rounded(filters),
              expansion: expansion, extent: 3, stride: position == 0 ? firstStride : 1,
              dropRate: Float(0.2 * Double(done) / total), padding: nil, depthwiseName: "dwconv2")
            block.normalization = normalization
            x = isFused ? block.addFused(to: &graph, on: x) : block.add(to: &graph, on: x)
            channels = rounded(filters)
            done += 1
          }
        }
        graph.group = "last"
        return graph.efficientTop(
          on: x, lastFilters: rounded(1280), normalization: normalization, dropout: 0.2, options)
      })
  }

  /// Blocks are called a, b, c, … and on behind z as the characters come.
  private static func letter(_ position: Int) -> String { String(UnicodeScalar(UInt8(97 + position))) }
}
