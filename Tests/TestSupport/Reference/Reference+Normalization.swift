import Tensors

extension Reference {
  /// Normalises the last axis with given statistics.
  public static func batchNormalization(
    _ x: DoubleTensor, gamma: DoubleTensor? = nil, beta: DoubleTensor? = nil, mean: DoubleTensor,
    variance: DoubleTensor, epsilon: Double
  ) -> DoubleTensor {
    DoubleTensor(x.shape) { place in
      let c = place[place.count - 1]
      return (gamma?[c] ?? 1) * (x[place] - mean[c]) / (variance[c] + epsilon).squareRoot() + (beta?[c] ?? 0)
    }
  }

  /// The mean and the population's variance of each channel.
  public static func channelMoments(_ x: DoubleTensor) -> (mean: DoubleTensor, variance: DoubleTensor) {
    let channels = x.shape[-1]
    let columns = (0..<channels).map { channel in
      stride(from: channel, to: x.elements.count, by: channels).map { x.elements[$0] }
    }
    let means = columns.map { $0.reduce(0, +) / Double($0.count) }
    let variances = zip(columns, means).map { column, mean in
      column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(column.count)
    }
    return (DoubleTensor([channels], means), DoubleTensor([channels], variances))
  }
}
