internal import Kernels
internal import Layers
internal import Tensors

/// An operation while layers are still being fused into it.
struct Draft {
  enum Work {
    case convolution(ConvolutionGeometry)
    case depthwise(Window)
    case dense
    /// Normalisation that found nothing to fold into: the kernel is the scale, the bias the shift.
    case scaleAndShift
    case activation(ActivationFunction)
    case layer(any Layer, [Tensor])
  }

  var work: Work
  /// Its output channels are the fastest axis, or the two fastest of a depthwise kernel.
  var kernel: Tensor?
  var bias: Tensor?
  var activation = FusedActivation.none
  var inputs: [ValueID]
  var residual: ValueID?
  var output: ValueID

  /// Whether a scale per output channel can still be folded into the kernel.
  var canFold: Bool {
    guard activation == .none, residual == nil else { return false }
    switch work {
    case .convolution, .depthwise, .dense: return true
    case .scaleAndShift, .activation, .layer: return false
    }
  }

  /// Whether an activation can still be applied to the output.
  var canActivate: Bool {
    guard activation == .none else { return false }
    switch work {
    case .convolution, .depthwise, .dense: return true
    case .scaleAndShift, .activation, .layer: return false
    }
  }

  /// Whether another value can still be added to the output.
  var canAdd: Bool {
    if case .convolution = work { activation == .none && residual == nil } else { false }
  }

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

  /// The operation, its kernel packed, between slots.
  func operation(slots: [ValueID: Int], on device: Device) -> Operation {
    func slot(_ value: ValueID) -> Int {
      guard let slot = slots[value] else { preconditionFailure("value \(value.index) has no slot") }
      return slot
    }
    let work: Operation.Work =
      switch (self.work, kernel) {
      case (.convolution(let geometry), let kernel?):
        .convolution(device.packedForInference(kernel, geometry), geometry)
      case (.depthwise(let window), let kernel?): .depthwise(kernel: kernel, window)
      case (.dense, let kernel?): .dense(device.packedForInference(kernel))
      case (.scaleAndShift, let scale?):
        .scaleAndShift(scale: scale, shift: bias ?? Tensor(zeros: scale.shape))
      case (.activation(let function), _): .activation(function)
      case (.layer(let layer, let parameters), _): .layer(layer, parameters)
      default: preconditionFailure("a draft without its kernel")
      }
    return Operation(
      work: work, bias: bias, activation: activation, inputs: inputs.map(slot) + (residual.map { [slot($0)] } ?? []),
      addsResidual: residual != nil, output: slot(output))
  }
}
