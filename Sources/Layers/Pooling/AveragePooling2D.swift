public import Kernels
public import Tensors

/// Puts the mean of each window in its place, channel by channel.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, ⌊(height − pool) / stride⌋ + 1, …, channels]` for `.valid`, `[batch, ⌈height / stride⌉, …, channels]` for
///   `.same` padding
///
/// `y[i, j, c] = Σ x[i · stride + k, j · stride + l, c] / n`, where `n` counts the places of the window that lie *inside* the
/// image: the padding of `.same` is no zero that would darken the border, as in TensorFlow.
public struct AveragePooling2D: WindowPooling {
  public static let kind = "AveragePooling2D"

  public var poolSize: Size
  public var strides: Size
  public var padding: Padding

  public init(poolSize: Size = Size(2, 2), strides: Size? = nil, padding: Padding = .valid) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
    self.padding = padding
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.averagePooling(input, window(for: input.shape.sample))
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let window = window(for: input.shape.sample)
    let device = context.device
    return Evaluation(output: device.averagePooling(input, window), in: context) { dOutput in
      device.averagePoolingGradient(dOutput, window)
    }
  }
}
