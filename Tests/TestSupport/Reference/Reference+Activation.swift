public import Kernels
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Reference {
  /// An activation function, from its formula.
  public static func activation(_ function: ActivationFunction, _ x: DoubleTensor) -> DoubleTensor {
    if function == .softmax { return softmax(x) }
    return x.map { scalar(function, $0) }
  }

  private static func softmax(_ x: DoubleTensor) -> DoubleTensor {
    DoubleTensor(x.shape) { place in
      let row = (0..<x.shape[-1]).map { x[place.dropLast() + [$0]] }
      return 1 / row.reduce(0) { $0 + exp($1 - x[place]) }
    }
  }

  private static func scalar(_ function: ActivationFunction, _ x: Double) -> Double {
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    func relu6(_ x: Double) -> Double { min(6, max(0, x)) }
    switch function {
    case .linear: return x
    case .relu(let maximum, let slope, let threshold):
      if x >= Double(maximum) { return Double(maximum) }
      return x >= Double(threshold) ? x : Double(slope) * (x - Double(threshold))
    case .leakyReLU(let alpha): return x >= 0 ? x : Double(alpha) * x
    case .sigmoid: return sigmoid(x)
    case .tanh: return (exp(2 * x) - 1) / (exp(2 * x) + 1)
    case .softmax: preconditionFailure("softmax takes rows")
    case .swish: return x * sigmoid(x)
    case .gelu(false): return x / 2 * erfc(-x / 2.squareRoot())
    case .gelu(true): return x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .elu(let alpha): return x >= 0 ? x : Double(alpha) * (exp(x) - 1)
    case .selu:
      let (scale, alpha) = (1.0507009873554805, 1.6732632423543772)
      return scale * (x >= 0 ? x : alpha * (exp(x) - 1))
    case .softplus: return log(1 + exp(x))
    case .softsign: return x / (1 + abs(x))
    case .hardSigmoid: return relu6(x + 3) / 6
    case .hardSigmoidKeras2: return min(1, max(0, 0.2 * x + 0.5))
    case .hardSwish: return x * relu6(x + 3) / 6
    case .exponential: return exp(x)
    case .mish: return x * tanh(log(1 + exp(x)))
    }
  }

  /// Keras' `PReLU`: `alpha` of the sample's shape, with extent 1 along shared axes.
  public static func prelu(_ x: DoubleTensor, alpha: DoubleTensor) -> DoubleTensor {
    DoubleTensor(x.shape) { place in
      let number = x[place]
      let index = place.dropFirst().enumerated().map { alpha.shape[$0] == 1 ? 0 : $1 }
      return number >= 0 ? number : alpha[index] * number
    }
  }
}
