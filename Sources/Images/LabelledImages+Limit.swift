internal import Tensors

extension LabelledImages {
  /// How many pictures are taken for a quick try.
  public enum Limit: Hashable, Sendable {
    /// So many in all, the same share of every class.
    case total(Int)
    /// So many of every class, or all where it has fewer.
    case perClass(Int)
  }

  /// Some of the pictures, in their order.
  ///
  /// Which ones depends on the seed and the relative paths only. A lower limit takes a part of what a higher one takes, but for
  /// rounding: learning curves compare like with like. For numbers and several labels a picture they are drawn from all.
  public func limited(to limit: Limit, seed: UInt64) -> LabelledImages {
    let key = RandomKey(seed: seed).folding("limit")
    let strata = strata().filter { !$0.positions.isEmpty }
    let counts: [Int]
    switch limit {
    case .perClass(let count): counts = strata.map { min(count, $0.positions.count) }
    case .total(let total): counts = Self.shares(of: min(total, count), by: strata.map(\.positions.count))
    }
    var taken: [Int] = []
    for ((name, positions), count) in zip(strata, counts) {
      let sorted = positions.sorted { DirectoryListing.precedes(names[$0], names[$1]) }
      taken += key.folding(name).permutation(sorted.count).prefix(count).map { sorted[$0] }
    }
    return gathering(taken.sorted())
  }

  /// Whole numbers with a given sum, as close to the proportions of `sizes` as can be (largest remainders), and at least 1
  /// where the sum allows.
  private static func shares(of total: Int, by sizes: [Int]) -> [Int] {
    let whole = sizes.reduce(0, +)
    let exact = sizes.map { Double(total) * Double($0) / Double(max(1, whole)) }
    var shares = exact.map { total >= sizes.count ? max(1, Int($0)) : Int($0) }
    let byRemainder = sizes.indices.sorted {
      let (lhs, rhs) = (exact[$0] - Double(shares[$0]), exact[$1] - Double(shares[$1]))
      return lhs == rhs ? $0 < $1 : lhs > rhs
    }
    for index in byRemainder where shares.reduce(0, +) < total { shares[index] += 1 }
    // The ones that small classes got are taken from the largest.
    while shares.reduce(0, +) > total, let largest = shares.indices.max(by: { shares[$0] < shares[$1] }) {
      shares[largest] -= 1
    }
    return shares
  }
}
