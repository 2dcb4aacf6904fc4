/// A place in a counter-based random stream: the same key gives the same numbers on every machine, in any order, on any thread.
///
/// A key is made from a seed and refined by what the numbers are for: epoch, step, sample, layer, purpose. Nothing is ever
/// advanced, so there is no state to save. The generator is Philox 4×32-10 of
/// [Parallel random numbers: as easy as 1, 2, 3](https://doi.org/10.1145/2063384.2063405).
public struct RandomKey: Hashable, Sendable {
  private var key: UInt64

  public init(seed: UInt64) { key = Self.mixed(seed) }

  /// The key for one part of what this key stands for.
  public func folding(_ part: UInt64) -> RandomKey {
    var next = self
    next.key = Self.mixed(key ^ Self.mixed(part &+ 0x9E37_79B9_7F4A_7C15))
    return next
  }

  /// The key for one part of what this key stands for, by name.
  public func folding(_ name: String) -> RandomKey {
    // FNV-1a; `Hasher` is seeded anew in every process.
    folding(name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 })
  }

  /// Four independent 32-bit numbers at a position of this key's stream.
  public func bits(at counter: UInt64) -> SIMD4<UInt32> {
    var c = SIMD4<UInt32>(UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0)
    var k0 = UInt32(truncatingIfNeeded: key)
    var k1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let p0 = UInt64(0xD251_1F53) * UInt64(c[0])
      let p1 = UInt64(0xCD9E_8D57) * UInt64(c[2])
      c = SIMD4(
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c[1] ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c[3] ^ k1, UInt32(truncatingIfNeeded: p0))
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return c
  }

  /// `count` numbers, uniform in [0, 1).
  public func uniform(_ count: Int) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = count
      // Many at a time where there are many: dropout draws a number for each of a batch's features.
      let whole = count / Self.wideCount * Self.wideCount
      for start in stride(from: 0, to: whole, by: Self.wideCount) {
        let words = wideBits(at: UInt64(start / 4))
        for lane in 0..<SIMD8<UInt64>.scalarCount {
          // Below `whole`, which is below `count`.
          unsafe buffer[start + 4 * lane] = Self.fraction(words.0[lane])
          unsafe buffer[start + 4 * lane + 1] = Self.fraction(words.1[lane])
          unsafe buffer[start + 4 * lane + 2] = Self.fraction(words.2[lane])
          unsafe buffer[start + 4 * lane + 3] = Self.fraction(words.3[lane])
        }
      }
      for start in stride(from: whole, to: count, by: 4) {
        let four = bits(at: UInt64(start / 4))
        for lane in 0..<min(4, count - start) { unsafe buffer[start + lane] = Self.fraction(UInt64(four[lane])) }
      }
    }
  }

  private static let wideCount = 4 * SIMD8<UInt64>.scalarCount

  /// A number in [0, 1) of 32 random bits, the lowest of which have no place in it.
  private static func fraction(_ word: UInt64) -> Float { Float(Int32(truncatingIfNeeded: word >> 8)) * 0x1p-24 }

  /// `bits(at:)` of a counter and the seven after it, word by word: the same sums, eight to an instruction.
  @inline(__always)
  private func wideBits(
    at counter: UInt64
  ) -> (SIMD8<UInt64>, SIMD8<UInt64>, SIMD8<UInt64>, SIMD8<UInt64>) {
    // Halves of 64 bits: products of two are one instruction.
    typealias Words = SIMD8<UInt64>
    let half = Words(repeating: 0xFFFF_FFFF)
    let counters = Words(repeating: counter) &+ Words(0, 1, 2, 3, 4, 5, 6, 7)
    var c = (counters & half, counters &>> 32, Words.zero, Words.zero)
    var k0 = UInt32(truncatingIfNeeded: key)
    var k1 = UInt32(truncatingIfNeeded: key >> 32)
    for _ in 0..<10 {
      let p0 = c.0 &* Words(repeating: 0xD251_1F53)
      let p1 = c.2 &* Words(repeating: 0xCD9E_8D57)
      c = (
        (p1 &>> 32) ^ c.1 ^ Words(repeating: UInt64(k0)), p1 & half,
        (p0 &>> 32) ^ c.3 ^ Words(repeating: UInt64(k1)), p0 & half
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return c
  }

  /// One number, uniform in [0, 1).
  public func uniform() -> Double { Double(bits(at: 0)[0]) * 0x1p-32 }

  /// `0..<count` in random order (Fisher–Yates).
  public func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      let four = bits(at: UInt64(last))
      let wide = UInt64(four[0]) << 32 | UInt64(four[1])
      order.swapAt(last, Int(wide.multipliedFullWidth(by: UInt64(last + 1)).high))
    }
    return order
  }

  /// SplitMix64's finaliser: every bit of the input reaches every bit of the output.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
