import CKernels
public import Tensors

/// The optimisers' steps, in place and in one pass over the memory. Formulas are Keras'.
extension Device {
  /// Without momentum `w -= rate * g`. Else `v = momentum * v - rate * g`, and `w += v`, or with Nesterov's
  /// `w += momentum * v - rate * g`.
  public func sgdUpdate(
    _ weights: inout Tensor, velocity: inout Tensor, gradient: Tensor, rate: Float, momentum: Float,
    nesterov: Bool = false
  ) {
    checkUpdate(weights, gradient)
    precondition(velocity.shape == weights.shape, "a velocity of shape \(velocity.shape) for \(weights.shape)")
    let count = gradient.count
    writing(&weights) { weights in
      writing(&velocity) { velocity in
        reading(gradient) { gradient in
          forEachPiece(of: count, grain: 16384) { range in
            let offset = range.lowerBound
            unsafe kernels.table.sgd_update(
              range.count, gradient.address + offset, velocity.address + offset, weights.address + offset, rate,
              momentum, nesterov ? 1 : 0)
          }
        }
      }
    }
  }

  /// `w -= rate * g`
  public func sgdUpdate(_ weights: inout Tensor, gradient: Tensor, rate: Float) {
    checkUpdate(weights, gradient)
    let count = gradient.count
    writing(&weights) { weights in
      reading(gradient) { gradient in
        forEachPiece(of: count, grain: 16384) { range in
          let offset = range.lowerBound
          unsafe kernels.table.sgd_update(
            range.count, gradient.address + offset, nil, weights.address + offset, rate, 0, 0)
        }
      }
    }
  }

  /// [Adam](https://arxiv.org/abs/1412.6980): `m += (g - m)(1 - beta1)`, `v += (g² - v)(1 - beta2)`,
  /// `w -= rate * m / (sqrt(v) + epsilon)`.
  ///
  /// - Parameter rate: with the corrections of step t in it, `learningRate * sqrt(1 - beta2^t) / (1 - beta1^t)`.
  public func adamUpdate(
    _ weights: inout Tensor, firstMoment: inout Tensor, secondMoment: inout Tensor, gradient: Tensor, rate: Float,
    beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-7
  ) {
    checkUpdate(weights, gradient)
    precondition(
      firstMoment.shape == weights.shape && secondMoment.shape == weights.shape,
      "moments of shape \(firstMoment.shape) and \(secondMoment.shape) for \(weights.shape)")
    let count = gradient.count
    writing(&weights) { weights in
      writing(&firstMoment) { first in
        writing(&secondMoment) { second in
          reading(gradient) { gradient in
            forEachPiece(of: count, grain: 16384) { range in
              let offset = range.lowerBound
              unsafe kernels.table.adam_update(
                range.count, gradient.address + offset, first.address + offset, second.address + offset,
                weights.address + offset, rate, beta1, beta2, epsilon)
            }
          }
        }
      }
    }
  }

  private func checkUpdate(_ weights: Tensor, _ gradient: Tensor) {
    precondition(weights.shape == gradient.shape, "a gradient of shape \(gradient.shape) for \(weights.shape)")
  }
}
