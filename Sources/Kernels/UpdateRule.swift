import CKernels
import Synchronization
public import Tensors

/// How an optimiser moves weights, beyond plain and adaptive gradient descent, which have operations of their own.
///
/// Each takes one pass over gradient, weights and what the optimiser remembers, its state: as many tensors as are named, all
/// of the weights' shape. `g` is the gradient, `w` the weights.
public enum UpdateRule: Hashable, Sendable {
  /// `v = βv + (1 − β)g`, `w −= rate · v`, or with Nesterov's variant `w −= rate · (βv + (1 − β)g)`. State: `v`.
  case averagedMomentum(rate: Float, beta: Float, nesterov: Bool)
  /// Adam with the largest `v` so far. State: `m`, `v`, `v̂`. The rate holds Adam's corrections.
  case amsgrad(rate: Float, beta1: Float, beta2: Float, epsilon: Float)
  /// `w −= (momentumFactor · m + gradientFactor · g) / (√(correction · v) + ε)` with Adam's moments. State: `m`, `v`.
  case nadam(
    momentumFactor: Float, gradientFactor: Float, correction: Float, beta1: Float, beta2: Float, epsilon: Float)
  /// `m += (g − m)(1 − β₁)`, `u = max(β₂u, |g|)`, `w −= rate · m / (u + ε)`. State: `m`, `u`.
  case adamax(rate: Float, beta1: Float, beta2: Float, epsilon: Float)
  /// `a = ρa + (1 − ρ)g²`, `s = √(d + ε) g / √(a + ε)`, `d = ρd + (1 − ρ)s²`, `w −= rate · s`. State: `a`, `d`.
  case adadelta(rate: Float, rho: Float, epsilon: Float)
  /// `a += g²`, `w −= rate · g / √(a + ε)`. State: `a`.
  case adagrad(rate: Float, epsilon: Float)
  /// `v = ρv + (1 − ρ)g²`, `s = rate · g / √(v + ε)`, `w −= s`; with momentum `p = momentum · p + s`, `w −= p`; centred, the
  /// square of `a = ρa + (1 − ρ)g` is taken from `v` under the root. State: `v`, `p` if there is momentum, `a` if centred.
  case rmsprop(rate: Float, rho: Float, epsilon: Float, momentum: Float, isCentered: Bool)
  /// `w −= rate · sign(β₁m + (1 − β₁)g)`, `m = β₂m + (1 − β₂)g`. State: `m`.
  case lion(rate: Float, beta1: Float, beta2: Float)
  /// `w = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)` with Adam's moments: not a step, but where one would go. State: `m`, `v`.
  case lambDirection(
    momentumCorrection: Float, velocityCorrection: Float, beta1: Float, beta2: Float, epsilon: Float)
  /// `w = momentum · w + (1 − momentum) · g`. No state.
  case runningAverage(momentum: Float)

  /// What the kernel takes. 1 − β is taken in `Double`, as Keras does.
  var kernel: (rule: ck_rule, numbers: [Float]) {
    func rest(_ share: Float) -> Float { Float(1 - (Double("\(share)") ?? Double(share))) }
    return switch self {
    case .averagedMomentum(let rate, let beta, let nesterov): (CK_AVERAGED_MOMENTUM, [rate, beta, nesterov ? 1 : 0])
    case .amsgrad(let rate, let beta1, let beta2, let epsilon): (CK_AMSGRAD, [rate, rest(beta1), rest(beta2), epsilon])
    case .nadam(let ofMomentum, let ofGradient, let correction, let beta1, let beta2, let epsilon):
      (CK_NADAM, [ofMomentum, ofGradient, rest(beta1), rest(beta2), correction, epsilon])
    case .adamax(let rate, let beta1, let beta2, let epsilon): (CK_ADAMAX, [rate, rest(beta1), beta2, epsilon])
    case .adadelta(let rate, let rho, let epsilon): (CK_ADADELTA, [rate, rho, epsilon])
    case .adagrad(let rate, let epsilon): (CK_ADAGRAD, [rate, epsilon])
    case .rmsprop(let rate, let rho, let epsilon, let momentum, _): (CK_RMSPROP, [rate, rho, epsilon, momentum])
    case .lion(let rate, let beta1, let beta2): (CK_LION, [rate, beta1, beta2])
    case .lambDirection(let ofMomentum, let ofVelocity, let beta1, let beta2, let epsilon):
      (CK_LAMB_DIRECTION, [rest(beta1), rest(beta2), ofMomentum, ofVelocity, epsilon])
    case .runningAverage(let momentum): (CK_RUNNING_AVERAGE, [momentum])
    }
  }

  /// How many tensors are remembered.
  var stateCount: Int {
    switch self {
    case .runningAverage: 0
    case .averagedMomentum, .adagrad, .lion: 1
    case .nadam, .adamax, .adadelta, .lambDirection: 2
    case .amsgrad: 3
    case .rmsprop(_, _, _, let momentum, let isCentered): 1 + (momentum > 0 ? 1 : 0) + (isCentered ? 1 : 0)
    }
  }
}

extension Device {
  /// Moves `weights` along `gradient`, in place, and takes note of it in `state`.
  public func update(_ weights: inout Tensor, _ state: inout [Tensor], gradient: Tensor, by rule: UpdateRule) {
    precondition(weights.shape == gradient.shape, "a gradient of shape \(gradient.shape) for \(weights.shape)")
    precondition(
      state.count == rule.stateCount && state.allSatisfy { $0.shape == weights.shape },
      "\(rule) remembers \(rule.stateCount) tensors of \(weights.shape), not \(state.map(\.shape))")
    let (code, numbers) = rule.kernel
    let count = gradient.count
    writing(&weights) { weights in
      writing(&state) { state in
        let places = rule.places(state)
        reading(gradient) { gradient in
          forEachPiece(of: count, grain: 16384) { range in
            let start = range.lowerBound
            let pointers: [UnsafeMutablePointer<Float>?] = unsafe places.map { unsafe $0?.advanced(by: start).address }
            unsafe pointers.withUnsafeBufferPointer { pointers in
              unsafe numbers.withUnsafeBufferPointer { numbers in
                unsafe kernels.table.update(
                  Int32(code.rawValue), range.count, gradient.address + start, weights.address + start,
                  pointers.baseAddress, numbers.baseAddress)
              }
            }
          }
        }
      }
    }
  }

  /// Takes a share of all weights away: `w −= share · w`, in place.
  public func decay(_ weights: inout Tensor, by share: Float) {
    let count = weights.count
    writing(&weights) { weights in
      forEachPiece(of: count, grain: 16384) { range in
        let start = range.lowerBound
        // The kernel reads an element before it writes it, so both operands may be the same memory.
        unsafe kernels.table.add_scaled(range.count, -share, weights.address + start, weights.address + start)
      }
    }
  }

  /// Multiplies all elements by `factor`, in place.
  public func scale(_ tensor: inout Tensor, by factor: Float) {
    let count = tensor.count
    writing(&tensor) { target in
      forEachPiece(of: count, grain: 16384) { range in
        let start = range.lowerBound
        unsafe kernels.table.scale(range.count, factor, target.address + start, target.address + start)
      }
    }
  }

  /// The sum of all squares, in `Double`, over pieces of a fixed size that are added in their order.
  public func squaredNorm(_ tensor: Tensor) -> Double {
    let (count, piece) = (tensor.count, 32768)
    let sums = Mutex([Double](repeating: 0, count: (count + piece - 1) / piece))
    reading(tensor) { source in
      forEach((count + piece - 1) / piece) { index in
        var parts = (0.0, 0.0, 0.0, 0.0)
        var position = index * piece
        let end = min(count, position + piece)
        func square(_ place: Int) -> Double {
          let number = unsafe Double(source.address[place])
          return number * number
        }
        // Four chains of additions, because one would wait for itself.
        while position + 4 <= end {
          parts.0 += square(position)
          parts.1 += square(position + 1)
          parts.2 += square(position + 2)
          parts.3 += square(position + 3)
          position += 4
        }
        while position < end {
          parts.0 += square(position)
          position += 1
        }
        let sum = (parts.0 + parts.1) + (parts.2 + parts.3)
        sums.withLock { $0[index] = sum }
      }
    }
    return sums.withLock { $0.reduce(0, +) }
  }
}

extension UpdateRule {
  /// The state in the places where the kernel looks for it.
  fileprivate func places(_ state: [Target]) -> [Target?] {
    guard case .rmsprop(_, _, _, let momentum, let isCentered) = self else { return state }
    return [state[0], momentum > 0 ? state[1] : nil, isCentered ? state[momentum > 0 ? 2 : 1] : nil]
  }
}
