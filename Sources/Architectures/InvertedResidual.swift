internal import Kernels
internal import Layers
internal import Tensors

/// A block of an EfficientNet: widen, look around, scale the channels, narrow again, and add the input where shapes allow.
struct InvertedResidual {
  let prefix: String
  let inputs: Int
  let outputs: Int
  let expansion: Int
  let extent: Int
  let stride: Int
  /// How often a sample skips the block in training.
  let dropRate: Float
  /// Zeros around the image before a strided window, which is `same` if nil.
  let padding: Margins?
  let depthwiseName: String
  var normalization = BatchNormalization()

  private var inner: Int { inputs * expansion }

  /// With a 1×1 and a depthwise convolution.
  func add(to graph: inout ModelBuilder, on value: ModelBuilder.Value) -> ModelBuilder.Value {
    var x = value
    if expansion != 1 {
      x = graph(convolution(inner, 1), name: prefix + "expand_conv", on: x)
      x = graph(normalization, name: prefix + "expand_bn", on: x)
      x = graph(Activation(.swish), name: prefix + "expand_activation", on: x)
    }
    if let padding { x = graph(ZeroPadding2D(padding: padding), name: prefix + "dwconv_pad", on: x) }
    let depthwise = DepthwiseConv2D(
      kernelSize: Size(extent, extent), strides: Size(stride, stride), padding: padding == nil ? .same : .valid,
      usesBias: false, depthwiseInitializer: .efficientNetKernel)
    x = graph(depthwise, name: prefix + depthwiseName, on: x)
    x = graph(normalization, name: prefix + "bn", on: x)
    x = graph(Activation(.swish), name: prefix + "activation", on: x)
    x = excited(x, in: &graph)
    x = graph(convolution(outputs, 1), name: prefix + "project_conv", on: x)
    x = graph(normalization, name: prefix + "project_bn", on: x)
    return joined(x, with: value, in: &graph)
  }

  /// With one full convolution instead; without scaling of the channels.
  func addFused(to graph: inout ModelBuilder, on value: ModelBuilder.Value) -> ModelBuilder.Value {
    var x = value
    if expansion != 1 {
      x = graph(convolution(inner, extent, stride: stride), name: prefix + "expand_conv", on: x)
      x = graph(normalization, name: prefix + "expand_bn", on: x)
      x = graph(Activation(.swish), name: prefix + "expand_activation", on: x)
      x = graph(convolution(outputs, 1), name: prefix + "project_conv", on: x)
      x = graph(normalization, name: prefix + "project_bn", on: x)
    } else {
      x = graph(convolution(outputs, extent, stride: stride), name: prefix + "project_conv", on: x)
      x = graph(normalization, name: prefix + "project_bn", on: x)
      x = graph(Activation(.swish), name: prefix + "project_activation", on: x)
    }
    return joined(x, with: value, in: &graph)
  }

  private func convolution(_ filters: Int, _ extent: Int, stride: Int = 1) -> Conv2D {
    Conv2D(
      filters: filters, kernelSize: Size(extent, extent), strides: Size(stride, stride), padding: .same,
      usesBias: false, kernelInitializer: .efficientNetKernel)
  }

  /// [Squeeze-and-Excitation](https://arxiv.org/abs/1709.01507): the mean of all channels decides how much of each passes.
  private func excited(_ value: ModelBuilder.Value, in graph: inout ModelBuilder) -> ModelBuilder.Value {
    func mixing(_ filters: Int, _ activation: ActivationFunction) -> Conv2D {
      Conv2D(
        filters: filters, kernelSize: Size(1, 1), padding: .same, activation: activation,
        kernelInitializer: .efficientNetKernel)
    }
    var x = graph(GlobalAveragePooling2D(), name: prefix + "se_squeeze", on: value)
    x = graph(Reshape(targetShape: [1, 1, inner]), name: prefix + "se_reshape", on: x)
    x = graph(mixing(max(1, inputs / 4), .swish), name: prefix + "se_reduce", on: x)
    x = graph(mixing(inner, .sigmoid), name: prefix + "se_expand", on: x)
    return graph(Multiply(), name: prefix + "se_excite", on: value, x)
  }

  private func joined(
    _ value: ModelBuilder.Value, with input: ModelBuilder.Value, in graph: inout ModelBuilder
  ) -> ModelBuilder.Value {
    guard stride == 1, inputs == outputs else { return value }
    var x = value
    if dropRate > 0 {
      x = graph(Dropout(rate: dropRate, noiseShape: [nil, 1, 1, 1]), name: prefix + "drop", on: x)
    }
    return graph(Add(), name: prefix + "add", on: x, input)
  }
}

extension Initializer {
  /// Normal, with the variance that keeps gradients alike through a layer and its activation.
  static let efficientNetKernel = Initializer.varianceScaling(scale: 2, mode: .fanOut, distribution: .truncatedNormal)
}

extension ModelBuilder {
  /// The last convolution of an EfficientNet, and its top.
  mutating func efficientTop(
    on value: Value, lastFilters: Int, normalization: BatchNormalization, dropout: Float, _ options: ArchitectureOptions
  ) -> Value {
    let last = Conv2D(
      filters: lastFilters, kernelSize: Size(1, 1), padding: .same, usesBias: false,
      kernelInitializer: .efficientNetKernel)
    var x = self(last, name: "top_conv", on: value)
    x = self(normalization, name: "top_bn", on: x)
    x = self(Activation(.swish), name: "top_activation", on: x)
    guard options.includesTop else { return x }
    beginTop()
    x = self(GlobalAveragePooling2D(), name: "avg_pool", on: x)
    x = self(Dropout(rate: dropout), name: "top_dropout", on: x)
    let dense = Dense(
      units: options.classCount ?? 1000, activation: .softmax,
      kernelInitializer: .varianceScaling(scale: 1.0 / 3, mode: .fanOut, distribution: .uniform))
    return self(dense, name: "predictions", on: x)
  }
}
