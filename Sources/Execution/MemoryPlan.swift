/// Gives values that are not alive at the same time the same memory.
///
/// The largest value chooses its place first, each the lowest that is free while it lives: "greedy by size" of
/// [Efficient Memory Management for Deep Neural Net Inference](https://arxiv.org/abs/2001.03288).
struct MemoryPlan: Sendable {
  /// A value that needs memory from the step that makes it to the last one that reads it.
  struct Lifetime: Sendable {
    let value: Int
    let floats: Int
    let steps: ClosedRange<Int>
  }

  private(set) var offsets: [Int: Int] = [:]
  /// Floats of the whole arena.
  private(set) var floatCount = 0

  init(_ lifetimes: [Lifetime]) {
    var placed: [(lifetime: Lifetime, memory: Range<Int>)] = []
    let ordered = lifetimes.sorted { ($1.floats, $0.steps.lowerBound) < ($0.floats, $1.steps.lowerBound) }
    for lifetime in ordered {
      let size = Self.reserved(lifetime.floats)
      var offset = 0
      for other in placed where other.lifetime.steps.overlaps(lifetime.steps) {
        if offset + size <= other.memory.lowerBound { break }
        offset = max(offset, other.memory.upperBound)
      }
      offsets[lifetime.value] = offset
      floatCount = max(floatCount, offset + size)
      let position = placed.firstIndex { $0.memory.lowerBound > offset } ?? placed.count
      placed.insert((lifetime, offset..<offset + size), at: position)
    }
  }

  /// Whole lines of the cache, and behind the last number as much slack as kernels may read: another thread may already be
  /// writing to what comes next.
  static func reserved(_ floats: Int) -> Int { (floats + 15) / 16 * 16 + 16 }
}
