internal import Tensors

extension Context {
  /// What dropout multiplies with: 0 with probability `rate`, else `1 / (1 − rate)`, so that the mean stays.
  ///
  /// Each sample draws from a key of its own: its mask is the same in whatever batch it stands.
  func dropoutMask(_ sample: Shape, rate: Float) -> Tensor {
    let count = sample.elementCount
    let kept = rate < 1 ? 1 / (1 - rate) : 0
    var factors: [Float] = []
    factors.reserveCapacity(sampleIDs.count * count)
    for sampleID in sampleIDs {
      factors += random.folding(sampleID).uniform(count).lazy.map { $0 < rate ? 0 : kept }
    }
    return Tensor(sample.batched(sampleIDs.count), factors)
  }
}
