internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [A ConvNet for the 2020s](https://arxiv.org/abs/2201.03545), Tiny, Small, Base, Large and XLarge
  ///
  /// A residual network built as vision transformers are: wide depthwise windows, layer normalisation, widening by four
  /// between two dense layers, one activation a block. Pixels go in as they are, 0…255.
  public static let convNeXts: [Architecture] = [
    convNeXt("Tiny", depths: [3, 3, 9, 3], width: 96), convNeXt("Small", depths: [3, 3, 27, 3], width: 96),
    convNeXt("Base", depths: [3, 3, 27, 3], width: 128), convNeXt("Large", depths: [3, 3, 27, 3], width: 192),
    convNeXt("XLarge", depths: [3, 3, 27, 3], width: 256),
  ]

  /// - Parameters:
  ///   - depths: the number of blocks of each stage.
  ///   - width: the channels of the first stage; each further one has twice as many.
  private static func convNeXt(_ variant: String, depths: [Int], width: Int) -> Architecture {
    let name = "convnext_\(variant.lowercased())"
    return Architecture(
      name: "ConvNeXt\(variant)", paper: "https://arxiv.org/abs/2201.03545", defaultSize: Size(224, 224),
      minimumExtent: 32, preprocessing: .none, alphas: [], classCount: 1000,
      weightFiles: [name + ".h5", name + "_notop.h5"],
      groups: ["stem"] + depths.indices.map { "stage\($0)" } + ["top"], modelName: { _, _ in name },
      layers: { graph, image, shape, options in
        let normalization = LayerNormalization(epsilon: 1e-6)
        graph.group = "stem"
        let constants = Normalization.Constants(
          mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
          variance: [58.395 * 58.395, 57.12 * 57.12, 57.375 * 57.375])
        var x = image
        if shape[2] == 3 {
          x = graph(Normalization(constants: constants), name: name + "_prestem_normalization", on: x)
        }
        let stem = Conv2D(filters: width, kernelSize: Size(4, 4), strides: Size(4, 4))
        x = graph.nested(
          name + "_stem", channels: shape[2],
          [(name + "_stem_conv", stem), (name + "_stem_layernorm", normalization)], on: x)
        for (stage, depth) in depths.enumerated() {
          let channels = width << stage
          graph.group = "stage\(stage)"
          if stage > 0 {
            let halving = Conv2D(filters: channels, kernelSize: Size(2, 2), strides: Size(2, 2))
            x = graph.nested(
              "\(name)_downsampling_block_\(stage - 1)", channels: channels / 2,
              [
                ("\(name)_downsampling_layernorm_\(stage - 1)", normalization),
                ("\(name)_downsampling_conv_\(stage - 1)", halving),
              ], on: x)
          }
          for index in 0..<depth {
            let prefix = "\(name)_stage_\(stage)_block_\(index)_"
            let shortcut = x
            // One window for each channel: a depthwise convolution under another name.
            let depthwise = Conv2D(filters: channels, kernelSize: Size(7, 7), padding: .same, groups: channels)
            x = graph(depthwise, name: prefix + "depthwise_conv", on: x)
            x = graph(normalization, name: prefix + "layernorm", on: x)
            x = graph(Dense(units: 4 * channels), name: prefix + "pointwise_conv_1", on: x)
            x = graph(Activation(.gelu(approximate: false)), name: prefix + "gelu", on: x)
            x = graph(Dense(units: channels), name: prefix + "pointwise_conv_2", on: x)
            x = graph(LayerScale(projectionDim: channels), name: prefix + "layer_scale", on: x)
            x = graph(Activation(.linear), name: prefix + "identity", on: x)
            x = graph(Add(), on: shortcut, x)
          }
        }
        guard options.includesTop else { return graph(normalization, on: x) }
        graph.beginTop()
        x = graph(GlobalAveragePooling2D(), name: name + "_head_gap", on: x)
        x = graph(normalization, name: name + "_head_layernorm", on: x)
        return graph(
          Dense(units: options.classCount ?? 1000, activation: .softmax), name: name + "_head_dense", on: x)
      })
  }
}

extension ModelBuilder {
  /// A sequential model inside this one.
  fileprivate mutating func nested(
    _ name: String, channels: Int?, _ layers: [(name: String, layer: any Layer)], on value: Value
  ) -> Value {
    var inner = ModelBuilder(name: name, kind: .sequential)
    (inner.group, inner.section) = (group, section)
    let input = inner.input([nil, nil, channels], name: name + "_input")
    var output = input
    for (name, layer) in layers { output = inner(layer, name: name, on: output) }
    do {
      return self(try inner.model(inputs: [input], outputs: [output], initialization: .none), on: value)[0]
    } catch { preconditionFailure("a table that cannot be built: \(error)") }
  }
}
