public import JSON
public import Kernels
public import Layers
public import Tensors

/// Limited-memory BFGS: steps along `−H g` with an estimate `H` of the inverse curvature from the last few steps, each as long
/// as a line search finds good.
///
/// It takes the gradient over all samples, so `batch_size` plays no part, and an epoch of the phase is one iteration: give it as
/// many as it may take. It ends by itself when no gradient is larger than `tolerance`, or the loss no longer falls. Random
/// layers such as dropout let everything through, and batch normalisation uses its moving statistics: the function that is made
/// small must stay the same. Made for heads on kept features, where it reaches the minimum of a convex loss in seconds.
///
/// [Nocedal 1980](https://doi.org/10.1090/S0025-5718-1980-0572855-7); the line search is that of
/// [Nocedal & Wright](https://doi.org/10.1007/978-0-387-40065-5), algorithms 3.5 and 3.6, for the strong Wolfe conditions with
/// 1e-4 and 0.9.
public struct LBFGS: Optimizer {
  public static let name = "lbfgs"

  public var settings = OptimizerSettings(learningRate: .constant(1))
  /// How many steps the estimate of the curvature follows from.
  public var historySize = 10
  /// The largest gradient of a parameter at which the minimum counts as reached.
  public var tolerance = 1e-5

  public init(historySize: Int = 10, tolerance: Double = 1e-5) {
    self.historySize = historySize
    self.tolerance = tolerance
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    historySize = try reader.positive("history_size", default: 10)
    tolerance = try reader.rate("tolerance", default: 1e-5)
    try reader.finish()
  }

  public var config: JSONValue {
    ["name": .string(Self.name), "history_size": .integer(historySize), "tolerance": .number(tolerance)]
  }

  public var slots: [(name: String, initial: Float)] { [] }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    preconditionFailure("L-BFGS moves all parameters together, after a look at all samples")
  }
}

/// The last few steps and how the gradient changed along them.
struct CurvatureHistory {
  private var steps: [(move: [Double], change: [Double], weight: Double)] = []
  private let size: Int

  init(size: Int) { self.size = size }

  mutating func add(move: [Double], change: [Double]) {
    let product = dot(move, change)
    // A step along which the slope did not rise says nothing of a minimum.
    guard product > 1e-12 * dot(change, change).squareRoot() * dot(move, move).squareRoot() else { return }
    if steps.count == size { steps.removeFirst() }
    steps.append((move, change, 1 / product))
  }

  mutating func forget() { steps = [] }

  var isEmpty: Bool { steps.isEmpty }

  /// `−H g`, by the two loops of algorithm 7.4 of Nocedal & Wright.
  func direction(_ gradient: [Double]) -> [Double] {
    var result = gradient.map { -$0 }
    var shares: [Double] = []
    for step in steps.reversed() {
      let share = step.weight * dot(step.move, result)
      for index in result.indices { result[index] -= share * step.change[index] }
      shares.append(share)
    }
    if let last = steps.last {
      let scale = dot(last.move, last.change) / dot(last.change, last.change)
      for index in result.indices { result[index] *= scale }
    }
    for (step, share) in zip(steps, shares.reversed()) {
      let rest = share - step.weight * dot(step.change, result)
      for index in result.indices { result[index] += rest * step.move[index] }
    }
    return result
  }
}

/// A point on a line, and what the loss is there.
struct LinePoint<Details> {
  var length: Double
  var value: Double
  /// Along the line.
  var slope: Double
  var details: Details
}

/// A length that satisfies the strong Wolfe conditions, or nil where the loss does not fall along the line.
func lineSearch<Details>(
  from start: LinePoint<Details>, first: Double, _ evaluate: (Double) throws -> LinePoint<Details>
) rethrows -> LinePoint<Details>? {
  func isTooHigh(_ point: LinePoint<Details>) -> Bool {
    !(point.value <= start.value + 1e-4 * point.length * start.slope)
  }
  func isFlat(_ point: LinePoint<Details>) -> Bool { abs(point.slope) <= -0.9 * start.slope }

  func zoom(_ low: LinePoint<Details>, _ high: LinePoint<Details>) throws -> LinePoint<Details>? {
    var (low, high) = (low, high)
    for _ in 0..<20 {
      let point = try evaluate(between(low, high))
      if isTooHigh(point) || point.value >= low.value {
        high = point
      } else {
        if isFlat(point) { return point }
        if point.slope * (high.length - low.length) >= 0 { high = low }
        low = point
      }
    }
    return low.length > 0 && low.value < start.value ? low : nil
  }

  var (previous, length) = (start, first)
  for attempt in 0..<20 {
    let point = try evaluate(length)
    if isTooHigh(point) || (attempt > 0 && point.value >= previous.value) { return try zoom(previous, point) }
    if isFlat(point) { return point }
    if point.slope >= 0 { return try zoom(point, previous) }
    previous = point
    length *= 2
  }
  return previous
}

/// Where the cubic through two points has its minimum, kept away from both.
private func between<Details>(_ low: LinePoint<Details>, _ high: LinePoint<Details>) -> Double {
  let width = high.length - low.length
  let rise = low.slope + high.slope - 3 * (low.value - high.value) / (low.length - high.length)
  let root = rise * rise - low.slope * high.slope
  guard root.isFinite, root >= 0 else { return low.length + width / 2 }
  let side = width < 0 ? -root.squareRoot() : root.squareRoot()
  let share = 1 - (high.slope + side - rise) / (high.slope - low.slope + 2 * side)
  return low.length + width * (share.isFinite ? min(max(share, 0.1), 0.9) : 0.5)
}

func dot(_ x: [Double], _ y: [Double]) -> Double {
  var sum = 0.0
  for index in x.indices { sum += x[index] * y[index] }
  return sum
}
