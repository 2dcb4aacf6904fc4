/// Neighbouring steps that a few images go through together before the next few do.
struct Stage: Sendable {
  /// The most images that go through together.
  static let most = 8

  let steps: Range<Int>
  /// Images that go through together.
  let group: Int

  /// The images that one thread takes at a time: no more than go through a stage together, so that many small shares
  /// come out even, also where another program takes a part of a processor.
  static func chunk(_ stages: [Stage]) -> Int { stages.map(\.group).max() ?? 1 }

  /// Cuts steps into stages by what they move: where activations outweigh the weights, images go one by one and stay in
  /// cache; where weights do, several share what was read of them.
  ///
  /// - Parameters:
  ///   - levels: the pixels of each step's output.
  ///   - weights: what it costs to go through the parameters of each step once, in floats.
  ///   - activations: floats that each step reads and writes for one image.
  static func cut(levels: [Int], weights: [Int], activations: [Int]) -> [Stage] {
    var stages: [Stage] = []
    var start = 0
    while start < levels.count {
      let end = levels[start...].firstIndex { $0 != levels[start] } ?? levels.count
      let weight = weights[start..<end].reduce(0, +)
      let activation = max(1, activations[start..<end].reduce(0, +))
      var group = 1
      while group < most, 2 * weight > activation * group { group *= 2 }
      if let last = stages.last, last.group == group {
        stages[stages.count - 1] = Stage(steps: last.steps.lowerBound..<end, group: group)
      } else {
        stages.append(Stage(steps: start..<end, group: group))
      }
      start = end
    }
    return stages
  }
}
