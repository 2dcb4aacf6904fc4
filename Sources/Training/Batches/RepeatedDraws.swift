extension BatchSource {
  /// The indices to ask this source for: draws as they are, or without what tells them apart.
  ///
  /// - Parameter draws: what `tellingDrawsApart(count:)` gives.
  func indices(ofDraws draws: [Int]) -> [Int] { tellsDrawsApart ? draws : draws.map { $0 % count } }
}

extension [Int] {
  /// The same samples, where the second draw of a sample is its index plus `count`, the third its index plus twice that: a number
  /// that is nobody else's in the epoch, so that each draw can be changed at random in its own way.
  package func tellingDrawsApart(count: Int) -> [Int] {
    var seen = [Int](repeating: 0, count: count)
    return map { index in
      defer { seen[index] += 1 }
      return index + seen[index] * count
    }
  }
}
