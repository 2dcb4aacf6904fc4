import CKernels
public import Tensors

/// What a product does to its output before anybody sees it: `activation(x + bias + residual)`.
public struct Epilogue: Sendable {
  /// A number for each output channel.
  public var bias: Tensor?
  /// A tensor of the output's shape.
  public var residual: Tensor?
  public var activation: FusedActivation

  public init(bias: Tensor? = nil, residual: Tensor? = nil, activation: FusedActivation = .none) {
    self.bias = bias
    self.residual = residual
    self.activation = activation
  }

  public static var none: Epilogue { Epilogue() }
}

/// An activation that an epilogue can apply: all but softmax, which needs whole rows.
///
/// The piecewise linear ones are applied in registers, the others to the finished tile while it is in cache.
public enum FusedActivation: Hashable, Sendable {
  case none
  case relu
  case relu6
  case clamp(low: Float, high: Float)
  case leakyReLU(alpha: Float)
  case elementwise(ElementwiseActivation)

  public static var swish: FusedActivation { .elementwise(ElementwiseActivation(function: .swish)) }
  public static var hardSwish: FusedActivation { .elementwise(ElementwiseActivation(function: .hardSwish)) }
  public static var sigmoid: FusedActivation { .elementwise(ElementwiseActivation(function: .sigmoid)) }
  public static var tanh: FusedActivation { .elementwise(ElementwiseActivation(function: .tanh)) }

  /// - Returns: nil for softmax.
  public init?(_ function: ActivationFunction) {
    switch function {
    case .softmax: return nil
    case .linear: self = .none
    case .relu(let maximum, 0, 0): self = maximum == .infinity ? .relu : .clamp(low: 0, high: maximum)
    case .leakyReLU(let alpha): self = .leakyReLU(alpha: alpha)
    default: self = .elementwise(ElementwiseActivation(function: function))
    }
  }

  /// An activation other than softmax.
  public struct ElementwiseActivation: Hashable, Sendable {
    let function: ActivationFunction
  }
}

extension Epilogue {
  var isEmpty: Bool { bias == nil && residual == nil && activation == .none }

  /// Checks the shapes and calls `body` with the epilogue as the C kernels know it, valid until it returns.
  func withKernelEpilogue<R>(outputShape: Shape, _ body: (KernelEpilogue) -> R) -> R {
    if let bias {
      precondition(bias.count == outputShape[-1], "a bias of shape \(bias.shape) for an output of shape \(outputShape)")
    }
    if let residual {
      precondition(
        residual.shape == outputShape, "a residual of shape \(residual.shape) for an output of shape \(outputShape)")
    }
    return reading(bias) { bias in
      reading(residual) { residual in body(KernelEpilogue(bias: bias, residual: residual, activation: activation)) }
    }
  }
}

/// An epilogue in the C kernels' terms.
///
/// Unchecked Sendable: it lives no longer than its operation, while its tensors are alive and nobody writes to them.
@safe package struct KernelEpilogue: @unchecked Sendable {
  var value: ck_epilogue

  /// - Parameters:
  ///   - bias: a number for each output channel.
  ///   - residual: laid out as the output.
  package init(bias: Source? = nil, residual: Source? = nil, activation: FusedActivation = .none) {
    unsafe value = ck_epilogue()
    unsafe value.bias = bias.map { unsafe $0.address }
    unsafe value.residual = residual.map { unsafe $0.address }
    unsafe value.low = -.infinity
    unsafe value.high = .infinity
    unsafe value.slope = 1
    switch activation {
    case .none: break
    case .relu: unsafe value.low = 0
    case .relu6: unsafe (value.low, value.high) = (0, 6)
    case .clamp(let low, let high): unsafe (value.low, value.high) = (low, high)
    case .leakyReLU(let alpha): unsafe value.slope = alpha
    case .elementwise(let activation):
      let code = activation.function.code
      unsafe (value.activation, value.parameters) = (code.kind, code.parameters)
    }
  }

  /// The same for the columns from `first` on.
  func shifted(by first: Int) -> ck_epilogue {
    var shifted = unsafe value
    if let bias = unsafe value.bias { unsafe shifted.bias = bias + first }
    if let residual = unsafe value.residual { unsafe shifted.residual = residual + first }
    return unsafe shifted
  }
}
