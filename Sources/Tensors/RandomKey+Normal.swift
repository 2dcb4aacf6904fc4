#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

extension RandomKey {
  /// `count` numbers, normal with mean 0 and variance 1 (Box–Muller).
  public func normal(_ count: Int) -> [Float] {
    let uniform = folding("normal").uniform((count + 1) / 2 * 2)
    return (0..<count).map { index in
      let pair = index / 2 * 2
      // 1 − u lies in (0, 1], so the logarithm is finite.
      let radius = (-2 * log(1 - Double(uniform[pair]))).squareRoot()
      let angle = 2 * Double.pi * Double(uniform[pair + 1])
      return Float(radius * (index == pair ? cos(angle) : sin(angle)))
    }
  }

  /// `count` numbers, standard normal, those beyond ±2 drawn again.
  public func truncatedNormal(_ count: Int) -> [Float] {
    var numbers = normal(count)
    var round: UInt64 = 0
    var open = numbers.indices.filter { abs(numbers[$0]) > 2 }
    while !open.isEmpty {
      round += 1
      for (index, number) in zip(open, folding(round).normal(open.count)) { numbers[index] = number }
      open = open.filter { abs(numbers[$0]) > 2 }
    }
    return numbers
  }
}
