public import Kernels
public import Tensors

/// Keeps the largest value of each window, channel by channel.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, ⌊(height − pool) / stride⌋ + 1, …, channels]` for `.valid`, `[batch, ⌈height / stride⌉, …, channels]` for
///   `.same` padding
///
/// `y[i, j, c] = max over (k, l) of x[i · stride + k, j · stride + l, c]`. The padding of `.same` is never the largest. Backward
/// the gradient goes to the place of the maximum alone, of equals to the first in reading order, as in TensorFlow.
public struct MaxPooling2D: WindowPooling {
  public static let kind = "MaxPooling2D"

  public var poolSize: Size
  public var strides: Size
  public var padding: Padding

  public init(poolSize: Size = Size(2, 2), strides: Size? = nil, padding: Padding = .valid) {
    self.poolSize = poolSize
    self.strides = strides ?? poolSize
    self.padding = padding
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.maxPoolingOutput(input, window(for: input.shape.sample))
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let window = window(for: input.shape.sample)
    let device = context.device
    let (output, indices) = device.maxPooling(input, window)
    return Evaluation(output: output, in: context) { dOutput in
      device.maxPoolingGradient(dOutput, indices: indices, window)
    }
  }
}
