import CKernels

/// An element-wise non-linearity (and softmax, over the last axis), as Keras defines it.
public enum ActivationFunction: Hashable, Sendable {
  case linear
  /// `maxValue` from there on, `x` from `threshold` on, `negativeSlope * (x - threshold)` below.
  case relu(maxValue: Float = .infinity, negativeSlope: Float = 0, threshold: Float = 0)
  /// `alpha * x` below zero.
  case leakyReLU(alpha: Float)
  case sigmoid
  case tanh
  /// `exp(x) / sum(exp(x))` over the last axis.
  case softmax
  /// `x * sigmoid(x)`, also called silu.
  case swish
  /// `x * Φ(x)`, with Φ by the error function or by the approximation with tanh of
  /// [Gaussian Error Linear Units](https://arxiv.org/abs/1606.08415).
  case gelu(approximate: Bool = false)
  /// `alpha * (exp(x) - 1)` below zero.
  case elu(alpha: Float = 1)
  case selu
  /// `log(1 + exp(x))`
  case softplus
  /// `x / (1 + |x|)`
  case softsign
  /// `relu6(x + 3) / 6`: Keras 3's.
  case hardSigmoid
  /// `0.2 * x + 0.5` between 0 and 1: what Keras 2 and tf.keras mean by hard sigmoid.
  case hardSigmoidKeras2
  /// `x * relu6(x + 3) / 6`
  case hardSwish
  case exponential
  /// `x * tanh(softplus(x))`
  case mish

  /// What backward must have kept.
  public enum GradientNeed: Hashable, Sendable { case nothing, input, output }

  /// What the gradient is computed from. Where the output does, a layer need not keep its input.
  public var gradientNeeds: GradientNeed {
    switch self {
    case .linear: .nothing
    case .relu(_, let slope, let threshold): threshold == 0 && slope >= 0 ? .output : .input
    case .sigmoid, .tanh, .softmax, .exponential: .output
    case .leakyReLU, .swish, .gelu, .elu, .selu, .softplus, .softsign, .hardSigmoid, .hardSigmoidKeras2, .hardSwish,
      .mish:
      .input
    }
  }

  /// The C kernel's number and parameters; softmax has a kernel of its own.
  var code: (kind: Int32, parameters: (Float, Float, Float)) {
    switch self {
    case .linear, .softmax: (Int32(CK_LINEAR.rawValue), (0, 0, 0))
    case .relu(let maximum, let slope, let threshold): (Int32(CK_RELU.rawValue), (maximum, slope, threshold))
    case .leakyReLU(let alpha): (Int32(CK_LEAKY_RELU.rawValue), (alpha, 0, 0))
    case .sigmoid: (Int32(CK_SIGMOID.rawValue), (0, 0, 0))
    case .tanh: (Int32(CK_TANH.rawValue), (0, 0, 0))
    case .swish: (Int32(CK_SWISH.rawValue), (0, 0, 0))
    case .gelu(let approximate): (Int32((approximate ? CK_GELU_TANH : CK_GELU).rawValue), (0, 0, 0))
    case .elu(let alpha): (Int32(CK_ELU.rawValue), (alpha, 0, 0))
    case .selu: (Int32(CK_SELU.rawValue), (0, 0, 0))
    case .softplus: (Int32(CK_SOFTPLUS.rawValue), (0, 0, 0))
    case .softsign: (Int32(CK_SOFTSIGN.rawValue), (0, 0, 0))
    case .hardSigmoid: (Int32(CK_HARD_SIGMOID.rawValue), (0, 0, 0))
    case .hardSigmoidKeras2: (Int32(CK_HARD_SIGMOID_KERAS_2.rawValue), (0, 0, 0))
    case .hardSwish: (Int32(CK_HARD_SWISH.rawValue), (0, 0, 0))
    case .exponential: (Int32(CK_EXPONENTIAL.rawValue), (0, 0, 0))
    case .mish: (Int32(CK_MISH.rawValue), (0, 0, 0))
    }
  }
}
