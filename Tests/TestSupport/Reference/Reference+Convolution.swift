public import Tensors

extension Reference {
  /// How a window moves over an image.
  public struct Sliding: Sendable {
    public var strides: Size
    public var isSame: Bool
    public var dilation: Size

    public init(strides: Size = Size(1, 1), isSame: Bool = false, dilation: Size = Size(1, 1)) {
      self.strides = strides
      self.isSame = isSame
      self.dilation = dilation
    }

    /// The number of outputs along one axis, and how much stands before the first element.
    func extent(_ input: Int, _ window: Int, _ stride: Int, _ dilation: Int) -> (count: Int, before: Int) {
      let reach = dilation * (window - 1) + 1
      guard isSame else { return ((input - reach) / stride + 1, 0) }
      let count = (input + stride - 1) / stride
      let missing = max(0, (count - 1) * stride + reach - input)
      return (count, missing / 2)
    }
  }

  /// Keras' `Conv2D`: image `[n, h, w, c]`, kernel `[kh, kw, c / groups, f]`, bias `[f]`.
  public static func convolution(
    _ image: DoubleTensor, _ kernel: DoubleTensor, bias: DoubleTensor? = nil, _ sliding: Sliding = Sliding(),
    groups: Int = 1
  ) -> DoubleTensor {
    let (kh, kw, seen, filters) = (kernel.shape[0], kernel.shape[1], kernel.shape[2], kernel.shape[3])
    let rows = sliding.extent(image.shape[1], kh, sliding.strides.height, sliding.dilation.height)
    let columns = sliding.extent(image.shape[2], kw, sliding.strides.width, sliding.dilation.width)
    return DoubleTensor([image.shape[0], rows.count, columns.count, filters]) { place in
      let (n, i, j, f) = (place[0], place[1], place[2], place[3])
      let firstChannel = f / (filters / groups) * seen
      var sum = bias?[f] ?? 0
      for k in 0..<kh {
        for l in 0..<kw {
          let y = i * sliding.strides.height + k * sliding.dilation.height - rows.before
          let x = j * sliding.strides.width + l * sliding.dilation.width - columns.before
          guard (0..<image.shape[1]).contains(y), (0..<image.shape[2]).contains(x) else { continue }
          for c in 0..<seen { sum += image[n, y, x, firstChannel + c] * kernel[k, l, c, f] }
        }
      }
      return sum
    }
  }

  /// Keras' `DepthwiseConv2D`: image `[n, h, w, c]`, kernel `[kh, kw, c, m]`, bias `[c · m]`. Written as a convolution in as
  /// many groups as there are channels.
  public static func depthwiseConvolution(
    _ image: DoubleTensor, _ kernel: DoubleTensor, bias: DoubleTensor? = nil, _ sliding: Sliding = Sliding()
  ) -> DoubleTensor {
    let (channels, multiplier) = (kernel.shape[2], kernel.shape[3])
    let grouped = DoubleTensor([kernel.shape[0], kernel.shape[1], 1, channels * multiplier]) {
      kernel[$0[0], $0[1], $0[3] / multiplier, $0[3] % multiplier]
    }
    return convolution(image, grouped, bias: bias, sliding, groups: channels)
  }

  /// Keras' `Dense`: x `[…, features]`, kernel `[features, units]`, bias `[units]`.
  public static func dense(_ x: DoubleTensor, _ kernel: DoubleTensor, bias: DoubleTensor? = nil) -> DoubleTensor {
    DoubleTensor(Shape(x.shape.dimensions.dropLast() + [kernel.shape[1]])) { place in
      (0..<kernel.shape[0]).reduce(bias?[place[place.count - 1]] ?? 0) { sum, feature in
        sum + x[place.dropLast() + [feature]] * kernel[feature, place[place.count - 1]]
      }
    }
  }
}
