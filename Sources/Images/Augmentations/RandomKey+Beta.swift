package import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

extension RandomKey {
  /// A number of the gamma distribution with shape `alpha` and scale 1, by the method of
  /// [Marsaglia and Tsang](https://doi.org/10.1145/358407.358414).
  package func gamma(_ alpha: Double) -> Double {
    if alpha < 1 {
      // 1 − u is above 0.
      let power = pow(1 - folding("boost").uniform(), 1 / alpha)
      return power * gamma(alpha + 1)
    }
    let d = alpha - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    var round: UInt64 = 0
    while true {
      let draw = folding(round)
      let normal = Double(draw.normal(1)[0])
      let v = 1 + c * normal
      let cube = v * v * v
      if cube > 0, log(1 - draw.uniform()) < 0.5 * normal * normal + d - d * cube + d * log(cube) { return d * cube }
      round += 1
    }
  }

  /// A number of the beta distribution, from 0 to 1.
  package func beta(_ alpha: Double, _ beta: Double) -> Double {
    let (first, second) = (folding("first").gamma(alpha), folding("second").gamma(beta))
    // Both can be too small for a number; then one of the ends is as likely as the shapes say.
    return first + second > 0 ? first / (first + second) : (uniform() * (alpha + beta) < alpha ? 1 : 0)
  }
}
