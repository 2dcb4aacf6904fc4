public import Kernels
public import Tensors

/// The mean of every channel over the whole image. Between the last convolution and a new head it makes the features
/// independent of the image's size.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, channels]`, or `[batch, 1, 1, channels]` with `keepsDimensions`
///
/// `y[c] = Σ x[i, j, c] / (height · width)`.
/// See [Network In Network](https://arxiv.org/abs/1312.4400), section 3.2.
public struct GlobalAveragePooling2D: GlobalPooling {
  public static let kind = "GlobalAveragePooling2D"

  public var keepsDimensions: Bool

  public init(keepsDimensions: Bool) { self.keepsDimensions = keepsDimensions }

  public init() { self.init(keepsDimensions: false) }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.globalAveragePooling(input).reshaped(to: pooledShape(input.shape))
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let shape = input.shape
    let device = context.device
    return Evaluation(output: device.globalAveragePooling(input).reshaped(to: pooledShape(shape)), in: context) {
      dOutput in
      device.globalAveragePoolingGradient(dOutput.reshaped(to: [shape[0], shape[3]]), inputShape: shape)
    }
  }
}
