package import Kernels
package import Tensors

// The few numbers per channel that a fused normalisation needs; the arithmetic is that of `evaluate`.
extension BatchNormalization {
  /// What happens to each channel on the moving statistics.
  package func channels(_ parameters: [Tensor]) -> NormalizedChannels {
    channels(parameters, mean: movingMean(parameters), inverse: inverseDeviation(movingVariance(parameters)))
  }

  /// What happens to each channel of a batch, from its moments, and the statistics it moves.
  package func channels(
    _ parameters: [Tensor], moments: (mean: Tensor, variance: Tensor)
  ) -> (channels: NormalizedChannels, statistics: [Tensor]) {
    let mean = moments.mean.elements.map(Double.init)
    let moving = zip(parameters.suffix(2), [moments.mean, moments.variance]).map { moved($0, by: $1) }
    return (channels(parameters, mean: mean, inverse: inverseDeviation(moments.variance)), moving)
  }

  /// `dx = dy · scale + constant + x̂ · slope` with `constant = −scale · Σdy / m` and `slope = −scale · Σ(dy · x̂) / m`.
  ///
  /// - Parameters:
  ///   - sums: of dy, for each channel.
  ///   - products: the sums of dy · x̂.
  ///   - count: m, the numbers of a channel.
  package func inputGradientTerms(
    _ channels: NormalizedChannels, sums: Tensor, products: Tensor, count: Int
  ) -> (constant: Tensor, slope: Tensor) {
    let scales = channels.scale.elements.map(Double.init)
    func term(_ sums: Tensor) -> Tensor {
      Tensor(channels: zip(scales, sums.elements).map { -$0 * Double($1) / Double(count) })
    }
    return (term(sums), term(products))
  }

  private func channels(_ parameters: [Tensor], mean: [Double], inverse: [Double]) -> NormalizedChannels {
    let (scale, shift) = affine(parameters, mean: mean, inverseDeviation: inverse)
    return NormalizedChannels(
      scale: scale, shift: shift, inverse: Tensor(channels: inverse),
      offset: Tensor(channels: zip(mean, inverse).map { -$0 * $1 }))
  }
}
