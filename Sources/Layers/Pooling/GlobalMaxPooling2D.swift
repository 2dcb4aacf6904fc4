public import Kernels
public import Tensors

/// The largest value of every channel over the whole image: whether a feature was seen anywhere.
///
/// - Input: `[batch, height, width, channels]`
/// - Output: `[batch, channels]`, or `[batch, 1, 1, channels]` with `keepsDimensions`
///
/// `y[c] = max over (i, j) of x[i, j, c]`. Backward the places that hold the maximum share the gradient, as in TensorFlow.
public struct GlobalMaxPooling2D: GlobalPooling {
  public static let kind = "GlobalMaxPooling2D"

  public var keepsDimensions: Bool

  public init(keepsDimensions: Bool) { self.keepsDimensions = keepsDimensions }

  public init() { self.init(keepsDimensions: false) }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.globalMaxPooling(input).reshaped(to: pooledShape(input.shape))
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let image = input
    let device = context.device
    let pooled = device.globalMaxPooling(image)
    return Evaluation(output: pooled.reshaped(to: pooledShape(image.shape)), in: context) { dOutput in
      let dPooled = dOutput.reshaped(to: pooled.shape)
      return device.globalMaxPoolingGradient(dPooled, input: image, output: pooled)
    }
  }
}
