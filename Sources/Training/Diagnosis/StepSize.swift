import Kernels
import Tensors

/// How strongly the loss pulls at a kernel in one step, and how far it moves: sums over its numbers, in their order, however many
/// are known at once.
struct StepSize: Sendable {
  private var gradientSquares = 0.0
  private var weightSquares = 0.0
  private var moveSquares = 0.0
  private var count = 0

  /// Takes note of the next numbers.
  mutating func add(_ gradient: Tensor, before: Tensor, after: Tensor) {
    precondition(gradient.shape == before.shape && before.shape == after.shape, "\(gradient.shape)")
    count += gradient.count
    unsafe gradient.withUnsafeElements { slopes in
      unsafe before.withUnsafeElements { old in
        unsafe after.withUnsafeElements { new in
          for index in slopes.indices {
            let (slope, weight) = unsafe (Double(slopes[index]), Double(old[index]))
            let move = unsafe Double(new[index]) - weight
            gradientSquares += slope * slope
            weightSquares += weight * weight
            moveSquares += move * move
          }
        }
      }
    }
  }

  /// `√(Σ g² / n)`
  var slope: Double { (gradientSquares / Double(max(1, count))).squareRoot() }

  /// `√(Σ Δw² / Σ w²)`
  var update: Double { (moveSquares / max(1e-30, weightSquares)).squareRoot() }
}
