public import Tensors

/// Which samples an epoch goes through, and in which order. An epoch has as many as there are samples, whatever is drawn.
public enum Sampling: String, Hashable, Sendable, CaseIterable {
  /// Every sample once, in random order.
  case shuffled
  /// Every class equally often, but for one. A class with fewer samples than its share comes again and again, each sample as
  /// often as the others but for one time; of a class with more a random part is drawn anew in every epoch.
  case balanced
  /// Each sample is drawn with a probability in proportion to its weight, with replacement, as PyTorch's
  /// `WeightedRandomSampler` draws. The weights then scale no loss.
  case weighted

  /// The samples of an epoch in their order.
  ///
  /// - Parameter key: of the epoch; the same key gives the same order.
  public func order(of targets: Targets, key: RandomKey) -> [Int] {
    switch self {
    case .shuffled: key.permutation(targets.count)
    case .balanced: Self.balanced(targets, key)
    case .weighted: Self.drawn(targets.weights ?? [Float](repeating: 1, count: targets.count), key)
    }
  }

  /// What a batch of the epoch is compared with.
  func targets(_ targets: Targets) -> Targets {
    var targets = targets
    if self == .weighted { targets.weights = nil }
    return targets
  }

  private static func balanced(_ targets: Targets, _ key: RandomKey) -> [Int] {
    guard case .classes(let classes, let count) = targets.kind else { return key.permutation(targets.count) }
    var members = [[Int]](repeating: [], count: count)
    for (sample, index) in classes.enumerated() { members[index].append(sample) }
    let present = members.indices.filter { !members[$0].isEmpty }
    // Which classes get one more is left to chance, so that over the epochs all do.
    let lucky = Set(
      key.folding("remainder").permutation(present.count).prefix(classes.count % max(1, present.count)))
    var order: [Int] = []
    order.reserveCapacity(classes.count)
    for (rank, index) in present.enumerated() {
      let share = classes.count / present.count + (lucky.contains(rank) ? 1 : 0)
      let own = key.folding("class").folding(UInt64(index))
      for round in 0..<(share + members[index].count - 1) / members[index].count {
        let left = share - round * members[index].count
        order += own.folding(UInt64(round)).permutation(members[index].count).prefix(left).map { members[index][$0] }
      }
    }
    return key.permutation(order.count).map { order[$0] }
  }

  private static func drawn(_ weights: [Float], _ key: RandomKey) -> [Int] {
    var sums: [Double] = []
    sums.reserveCapacity(weights.count)
    var sum = 0.0
    for weight in weights {
      sum += Double(weight)
      sums.append(sum)
    }
    // Where all pictures with a weight turned out to be unreadable there is nothing to tell the others apart.
    guard sum > 0 else { return key.permutation(weights.count) }
    let key = key.folding("draws")
    return weights.indices.map { place in
      let bits = key.bits(at: UInt64(place))
      let uniform = Double((UInt64(bits[0]) << 32 | UInt64(bits[1])) >> 11) * 0x1p-53
      // The first sample whose sum lies above: one of weight 0 never does first.
      var (low, high) = (0, sums.count - 1)
      let wanted = min(uniform * sum, sum.nextDown)
      while low < high {
        let middle = (low + high) / 2
        if sums[middle] > wanted { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }
}
