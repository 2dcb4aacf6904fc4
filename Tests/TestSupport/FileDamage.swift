/// What bad disks, broken downloads and bad friends do to files, reproducibly.
public enum FileDamage {
  /// A copy of `bytes` with one to four things done to it: bytes changed, parts cut out, repeated, exchanged or overwritten,
  /// the end missing.
  public static func damaged(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
    var random = SplitMix(state: seed)
    var damaged = bytes
    // Changes count where something stands; the rest of a small file is mostly empty space.
    let used = bytes.indices.filter { bytes[$0] != 0 }
    for _ in 0..<Int.random(in: 1...4, using: &random) where !damaged.isEmpty {
      let chosen = Bool.random(using: &random) ? used.randomElement(using: &random) : nil
      let position = min(chosen ?? Int.random(in: 0..<damaged.count, using: &random), damaged.count - 1)
      apply(Int.random(in: 0..<16, using: &random), at: position, to: &damaged, &random)
    }
    return damaged
  }

  private static func apply(_ kind: Int, at position: Int, to bytes: inout [UInt8], _ random: inout SplitMix) {
    /// A range of up to `limit` bytes that begins at `start`.
    func range(_ start: Int, upTo limit: Int) -> Range<Int> {
      start..<min(bytes.count, start + Int.random(in: 1...limit, using: &random))
    }
    switch kind {
    case 0..<4: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 4..<7: bytes[position] = .random(in: 0...255, using: &random)
    case 7..<9:
      // A number's bytes, of any width.
      let value: UInt8 = Bool.random(using: &random) ? 0 : 255
      for index in range(position, upTo: 8) { bytes[index] = value }
    case 9: bytes.removeSubrange(range(position, upTo: 64))
    case 10: bytes.insert(contentsOf: bytes[range(position, upTo: 512)], at: position)
    case 11: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
    case 12..<14:
      let other = Int.random(in: 0..<bytes.count, using: &random)
      for index in range(position, upTo: 256) where other + index - position < bytes.count {
        bytes.swapAt(index, other + index - position)
      }
    default:
      let other = Int.random(in: 0..<bytes.count, using: &random)
      let source = Array(bytes[range(other, upTo: 256)])
      for (offset, byte) in source.enumerated() where position + offset < bytes.count {
        bytes[position + offset] = byte
      }
    }
  }
}

/// A small generator with a seed: [SplitMix64](https://doi.org/10.1145/2714064.2660195).
public struct SplitMix: RandomNumberGenerator {
  public var state: UInt64

  public init(state: UInt64) { self.state = state }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
