public import Tensors

/// Compares floats with doubles and says in words where they are furthest apart.
public enum Closeness {
  /// Nil if every element lies within `tolerance` times the largest expected magnitude (at least `scale`).
  ///
  /// The bound is one for the whole tensor, not per element: a sum of numbers of both signs may come out near zero, and its
  /// rounding error belongs to the numbers that went into it.
  public static func difference(
    _ found: Tensor, from expected: DoubleTensor, within tolerance: Double, scale: Double = 1e-2, of name: String
  ) -> String? {
    guard found.shape == expected.shape else { return "\(name): shape \(found.shape), expected \(expected.shape)" }
    let largest = expected.elements.reduce(scale) { max($0, abs($1)) }
    let numbers = found.elements
    // A NaN is as far away as can be, also where NaN was expected: no test means to compare those.
    let errors = zip(numbers, expected.elements).map { pair in
      let error = abs(Double(pair.0) - pair.1)
      return error.isNaN ? .infinity : error
    }
    guard let worst = errors.indices.max(by: { errors[$0] < errors[$1] }), errors[worst] > tolerance * largest else {
      return nil
    }
    return "\(name): element \(worst) of \(found.shape) is \(numbers[worst]), expected \(expected.elements[worst])"
      + " (error \(errors[worst]), allowed \(tolerance * largest))"
  }
}
