internal import Kernels
internal import Layers
internal import Tensors

/// A cell of a NASNet, with the names of its layers.
struct NASNetCell {
  typealias Value = ModelBuilder.Value

  /// What the second input needs to meet the first.
  enum Adjustment {
    case none
    /// Another number of channels.
    case projection
    /// Half the size as well.
    case halving

    static func before(_ isSmaller: Bool) -> Adjustment { isSmaller ? .halving : .projection }
  }

  static let normalization = BatchNormalization(momentum: 0.9997)

  let id: String
  let filters: Int
  /// Of the image that goes in.
  let extents: Extents

  /// The cell that keeps the image's size.
  ///
  /// - Parameters:
  ///   - previous: the second input, adjusted.
  ///   - group: the freeze group of all layers behind the first projection, whose distance from the output can be that of the
  ///     adjustment.
  func addNormal(to graph: inout ModelBuilder, on value: Value, _ previous: Value, group: String) -> Value {
    let (p, h) = (previous, projected(value, "normal", in: &graph))
    graph.group = group
    var sums: [Value] = []
    let left1 = separable(h, 5, "normal_left1", in: &graph)
    let right1 = separable(p, 3, "normal_right1", in: &graph)
    sums.append(graph(Add(), name: "normal_add_1_\(id)", on: left1, right1))
    let left2 = separable(p, 5, "normal_left2", in: &graph)
    let right2 = separable(p, 3, "normal_right2", in: &graph)
    sums.append(graph(Add(), name: "normal_add_2_\(id)", on: left2, right2))
    let left3 = graph(average(stride: 1), name: "normal_left3_\(id)", on: h)
    sums.append(graph(Add(), name: "normal_add_3_\(id)", on: left3, p))
    let left4 = graph(average(stride: 1), name: "normal_left4_\(id)", on: p)
    let right4 = graph(average(stride: 1), name: "normal_right4_\(id)", on: p)
    sums.append(graph(Add(), name: "normal_add_4_\(id)", on: left4, right4))
    let left5 = separable(h, 3, "normal_left5", in: &graph)
    sums.append(graph(Add(), name: "normal_add_5_\(id)", on: left5, h))
    return graph(Concatenate(), name: "normal_concat_\(id)", on: [p] + sums)
  }

  /// The cell that halves the image.
  func addReduction(
    to graph: inout ModelBuilder, on value: Value, _ previous: Value, _ adjustment: Adjustment
  ) -> Value {
    let p = adjusted(previous, adjustment, in: &graph)
    let h = projected(value, "reduction", in: &graph)
    let padded = graph(
      ZeroPadding2D(padding: extents.padding(forKernel: 3)), name: "reduction_pad_1_\(id)", on: h)
    let maximum = MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2))
    let left1 = separable(h, 5, stride: 2, "reduction_left1", in: &graph)
    let right1 = separable(p, 7, stride: 2, "reduction_right1", in: &graph)
    let x1 = graph(Add(), name: "reduction_add_1_\(id)", on: left1, right1)
    let left2 = graph(maximum, name: "reduction_left2_\(id)", on: padded)
    let right2 = separable(p, 7, stride: 2, "reduction_right2", in: &graph)
    let x2 = graph(Add(), name: "reduction_add_2_\(id)", on: left2, right2)
    let left3 = graph(average(stride: 2), name: "reduction_left3_\(id)", on: padded)
    let right3 = separable(p, 5, stride: 2, "reduction_right3", in: &graph)
    let x3 = graph(Add(), name: "reduction_add3_\(id)", on: left3, right3)
    let left4 = graph(average(stride: 1), name: "reduction_left4_\(id)", on: x1)
    let x4 = graph(Add(), on: x2, left4)
    let left5 = separable(x1, 3, "reduction_left4", in: &graph)
    let right5 = graph(maximum, name: "reduction_right5_\(id)", on: padded)
    let x5 = graph(Add(), name: "reduction_add4_\(id)", on: left5, right5)
    return graph(Concatenate(), name: "reduction_concat_\(id)", on: x2, x3, x4, x5)
  }

  /// The second input as the cell needs it.
  func adjusted(_ value: Value, _ adjustment: Adjustment, in graph: inout ModelBuilder) -> Value {
    switch adjustment {
    case .none: return value
    case .projection:
      let x = graph(Activation(.relu), on: value)
      let projection = graph(pointwise(filters), name: "adjust_conv_projection_\(id)", on: x)
      return graph(Self.normalization, name: "adjust_bn_\(id)", on: projection)
    case .halving:
      // Two halves of the channels, from even and from odd pixels.
      let x = graph(Activation(.relu), name: "adjust_relu_1_\(id)", on: value)
      let pick = AveragePooling2D(poolSize: Size(1, 1), strides: Size(2, 2))
      var even = graph(pick, name: "adjust_avg_pool_1_\(id)", on: x)
      even = graph(pointwise(filters / 2), name: "adjust_conv_1_\(id)", on: even)
      var odd = graph(ZeroPadding2D(padding: Margins(top: 0, bottom: 1, left: 0, right: 1)), on: x)
      odd = graph(Cropping2D(cropping: Margins(top: 1, bottom: 0, left: 1, right: 0)), on: odd)
      odd = graph(pick, name: "adjust_avg_pool_2_\(id)", on: odd)
      odd = graph(pointwise(filters / 2), name: "adjust_conv_2_\(id)", on: odd)
      return graph(Self.normalization, name: "adjust_bn_\(id)", on: graph(Concatenate(), on: even, odd))
    }
  }

  private func pointwise(_ filters: Int) -> Conv2D {
    Conv2D(filters: filters, kernelSize: Size(1, 1), padding: .same, usesBias: false, kernelInitializer: .heNormal)
  }

  private func average(stride: Int) -> AveragePooling2D {
    AveragePooling2D(poolSize: Size(3, 3), strides: Size(stride, stride), padding: stride == 1 ? .same : .valid)
  }

  /// The first input with the cell's number of channels.
  private func projected(_ value: Value, _ kind: String, in graph: inout ModelBuilder) -> Value {
    let x = graph(Activation(.relu), on: value)
    return graph(
      Self.normalization, name: "\(kind)_bn_1_\(id)",
      on: graph(pointwise(filters), name: "\(kind)_conv_1_\(id)", on: x))
  }

  /// Two separable convolutions in a row, the first one strided.
  private func separable(
    _ value: Value, _ extent: Int, stride: Int = 1, _ place: String, in graph: inout ModelBuilder
  ) -> Value {
    let place = "\(place)_\(id)"
    let size = Size(extent, extent)
    var x = graph(Activation(.relu), on: value)
    if stride == 2 {
      x = graph(
        ZeroPadding2D(padding: extents.padding(forKernel: extent)), name: "separable_conv_1_pad_\(place)", on: x)
    }
    let first = SeparableConv2D(
      filters: filters, kernelSize: size, strides: Size(stride, stride), padding: stride == 2 ? .valid : .same,
      usesBias: false)
    x = graph(first, name: "separable_conv_1_\(place)", on: x)
    x = graph(Self.normalization, name: "separable_conv_1_bn_\(place)", on: x)
    x = graph(Activation(.relu), on: x)
    let second = SeparableConv2D(filters: filters, kernelSize: size, padding: .same, usesBias: false)
    x = graph(second, name: "separable_conv_2_\(place)", on: x)
    return graph(Self.normalization, name: "separable_conv_2_bn_\(place)", on: x)
  }
}
