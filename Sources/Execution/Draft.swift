internal import Kernels
internal import Layers
internal import Tensors

/// An operation while layers are still being fused into it.
struct Draft: Sendable {
  enum Work: Sendable {
    case convolution(ConvolutionGeometry)
    case depthwise(Window)
    /// Three convolutions in one: `expand` may be missing.
    indirect case block(expand: Draft?, depthwise: Draft)
    /// So many rows an image.
    case dense(rows: Int)
    /// Normalisation that found nothing to fold into: the kernel is the scale, the bias the shift.
    case scaleAndShift
    case activation(ActivationFunction, columns: Int)
    case maxPooling(Window, channels: Int)
    case averagePooling(Window, channels: Int)
    case globalAverage(pixels: Int, channels: Int)
    case sum
    case copy(rows: Int, run: Int, rowStride: Int)
    case layer(any Layer, [Tensor], inputShapes: [Shape], outputShape: Shape)
  }

  /// The path of the layer it began with.
  var name: String
  var work: Work
  /// Its output channels are the fastest axis, or the two fastest of a depthwise kernel.
  var kernel: Tensor?
  var bias: Tensor?
  var activation = FusedActivation.none
  var inputs: [ValueID]
  var residual: ValueID?
  var output: ValueID
  /// Where the output is a slice of a concatenation: the slice's first channel, and the floats from pixel to pixel.
  var slice: (channel: Int, pixelStride: Int)?

  /// The channels of the output, if a scale per channel can still be folded into the kernel.
  var foldableChannels: Int? {
    guard activation == .none, residual == nil, let kernel else { return nil }
    switch work {
    case .convolution, .dense: return kernel.shape[-1]
    case .depthwise: return kernel.shape[2] * kernel.shape[3]
    default: return nil
    }
  }

  /// Whether an activation can still be applied to the output.
  var canActivate: Bool {
    guard activation == .none else { return false }
    switch work {
    case .convolution, .depthwise, .dense: return true
    default: return false
    }
  }

  /// Whether another value can still be added to the output.
  var canAdd: Bool {
    if case .convolution = work { activation == .none && residual == nil } else { false }
  }

  /// Everything that is read.
  var reads: [ValueID] { inputs + (residual.map { [$0] } ?? []) }

  /// Folds `scale · x + shift`, per output channel, into kernel and bias. Each number is rounded once.
  mutating func fold(scale: Tensor, shift: Tensor) {
    guard let kernel else { preconditionFailure("only an operation with a kernel folds") }
    let channels = scale.count
    let scale = scale.elements
    var folded = kernel.elements
    for index in folded.indices { folded[index] *= scale[index % channels] }
    let bias = self.bias?.elements ?? [Float](repeating: 0, count: channels)
    self.kernel = Tensor(kernel.shape, folded)
    self.bias = Tensor([channels], zip(zip(bias, scale), shift.elements).map { $1.addingProduct($0.0, $0.1) })
  }

  /// What is to be done, with kernels packed.
  func packed(on device: Device) -> Operation.Work {
    switch (work, kernel) {
    case (.convolution(let geometry), let kernel?):
      return .convolution(
        device.packedForInference(kernel, geometry), pixelStride: slice?.pixelStride ?? geometry.outputChannels)
    case (.depthwise(let window), let kernel?): return .depthwise(kernel: kernel, window)
    case (.block(let expand, let depthwise), _):
      guard case .depthwise(let window) = depthwise.work, let kernel = depthwise.kernel else { break }
      return .block(
        DepthwiseBlock(
          expand: expand.map { $0.pointwise(on: device) }, kernel: kernel, bias: depthwise.bias,
          activation: depthwise.activation, window: window, project: pointwise(on: device)))
    case (.dense(let rows), let kernel?): return .dense(device.packedForInference(kernel), rows: rows)
    case (.scaleAndShift, let scale?):
      return .scaleAndShift(scale: scale, shift: bias ?? Tensor(zeros: scale.shape))
    case (.activation(let function, let columns), _): return .activation(function, columns: columns)
    case (.maxPooling(let window, let channels), _): return .maxPooling(window, channels: channels)
    case (.averagePooling(let window, let channels), _): return .averagePooling(window, channels: channels)
    case (.globalAverage(let pixels, let channels), _): return .globalAverage(pixels: pixels, channels: channels)
    case (.sum, _): return .sum
    case (.copy(let rows, let run, let rowStride), _): return .copy(rows: rows, run: run, rowStride: rowStride)
    case (.layer(let layer, let parameters, let inputs, let output), _):
      return .layer(layer, parameters, inputShapes: inputs, outputShape: output)
    default: break
    }
    preconditionFailure("a draft without its kernel")
  }
}
