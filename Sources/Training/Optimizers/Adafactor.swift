public import JSON
public import Kernels
public import Layers
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Steps as long as a share of the weights, divided by the size of the gradients of a number's row and column.
///
/// - Formula: `β = 1 − t^beta_2_decay`; of the last two dimensions of a kernel the means over rows and columns are averaged,
///   `r = β r + (1 − β) mean(g² + ε₁)` along the last, `c` along the one before, and `v = r c / mean(r)`; of a vector
///   `v = β v + (1 − β)(g² + ε₁)`. With `u = g / √v`:
///   `w −= max(ε₂, rms(w)) · min(rate, 1 / √t) · u / max(1, rms(u) / clip_threshold)`
///
/// See [Shazeer & Stern 2018](https://arxiv.org/abs/1804.04235). In Keras' form, which keeps the whole `v` as well, so that it needs
/// no less memory than RMSprop, and in which the rate is never above `1 / √t`, whatever `relative_step` says. Where a row and a
/// column had no gradient at all, Keras divides 0 by 0; here nothing moves.
public struct Adafactor: Optimizer {
  public static let name = "adafactor"

  public var settings: OptimizerSettings
  public var beta2Decay: Float = -0.8
  public var epsilon1: Float = 1e-30
  public var epsilon2: Float = 1e-3
  public var clipThreshold: Float = 1
  /// Kept for Keras' files; it changes nothing, in Keras either.
  public var hasRelativeStep = true

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    settings = try OptimizerSettings(&reader, learningRate: 0.001)
    beta2Decay = try reader.float("beta_2_decay", default: -0.8)
    guard beta2Decay < 0 else {
      throw ConfigError(key: "beta_2_decay", "expected a number below 0, found \(beta2Decay)")
    }
    epsilon1 = try reader.share("epsilon_1", default: 1e-30, below: .infinity)
    epsilon2 = try reader.share("epsilon_2", default: 1e-3, below: .infinity)
    clipThreshold = try reader.float("clip_threshold", default: 1)
    guard clipThreshold > 0 else {
      throw ConfigError(key: "clip_threshold", "expected a number above 0, found \(clipThreshold)")
    }
    hasRelativeStep = try reader.bool("relative_step", default: true)
    try reader.finish()
  }

  public var config: JSONValue {
    settings.config(
      Self.name,
      [
        "beta_2_decay": .shortest(beta2Decay), "epsilon_1": .shortest(epsilon1), "epsilon_2": .shortest(epsilon2),
        "clip_threshold": .shortest(clipThreshold), "relative_step": .bool(hasRelativeStep),
      ])
  }

  public var slots: [(name: String, initial: Float)] { [("r", 0), ("c", 0), ("velocity", 0)] }

  /// Rows and columns of kernels; of vectors, which have none, a number that is not used.
  public func slotShape(_ slot: String, of shape: Shape) -> Shape {
    guard slot != "velocity" else { return shape }
    guard shape.rank >= 2 else { return [] }
    let outer = shape.dimensions.dropLast(2)
    return Shape(outer + [slot == "r" ? shape[-2] : shape[-1]])
  }

  public func move(
    _ weights: inout Tensor, _ state: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    let time = Double(step.update)
    let beta = 1 - pow(time, Double.shortest(beta2Decay))
    let size = (device.squaredNorm(weights) / Double(max(1, weights.count))).squareRoot()
    let length = max(Double(epsilon2), size) * min(step.rate, 1 / time.squareRoot())
    var velocity = state.removeLast()
    if gradient.shape.rank >= 2 {
      factor(gradient, &state, &velocity, beta)
    } else {
      velocity.update(with: gradient) { v, slope in
        v = Float(beta * Double(v) + (1 - beta) * (Double(slope) * Double(slope) + Double(epsilon1)))
      }
    }
    var squares = 0.0
    var direction = gradient
    direction.update(with: velocity) { slope, v in
      slope = v > 0 ? Float(Double(slope) / Double(v).squareRoot()) : 0
      squares += Double(slope) * Double(slope)
    }
    let long = (squares / Double(max(1, gradient.count))).squareRoot() / Double(clipThreshold)
    device.add(direction, scaledBy: Float(-length / max(1, long)), to: &weights)
    state.append(velocity)
  }

  /// Moves the averages of rows and columns, and says what they make of every number.
  private func factor(_ gradient: Tensor, _ state: inout [Tensor], _ velocity: inout Tensor, _ beta: Double) {
    let (rowCount, columnCount) = (gradient.shape[-2], gradient.shape[-1])
    let plane = rowCount * columnCount
    guard plane > 0 else { return }
    var columns = state.removeLast()
    var rows = state.removeLast()
    unsafe gradient.withUnsafeElements { slopes in
      unsafe rows.withUnsafeMutableElements { rows in
        unsafe columns.withUnsafeMutableElements { columns in
          unsafe velocity.withUnsafeMutableElements { velocity in
            for outer in 0..<slopes.count / plane {
              var ofColumns = [Double](repeating: 0, count: columnCount)
              var sumOfRows = 0.0
              for row in 0..<rowCount {
                var sum = 0.0
                for column in 0..<columnCount {
                  let slope = unsafe Double(slopes[outer * plane + row * columnCount + column])
                  let square = slope * slope + Double(epsilon1)
                  sum += square
                  ofColumns[column] += square
                }
                let place = outer * rowCount + row
                let mean = unsafe beta * Double(rows[place]) + (1 - beta) * sum / Double(columnCount)
                unsafe rows[place] = Float(mean)
                sumOfRows += mean
              }
              for column in 0..<columnCount {
                let place = outer * columnCount + column
                unsafe columns[place] = Float(
                  beta * Double(columns[place]) + (1 - beta) * ofColumns[column] / Double(rowCount))
              }
              for row in 0..<rowCount {
                let share = unsafe Double(rows[outer * rowCount + row]) / (sumOfRows / Double(rowCount))
                for column in 0..<columnCount {
                  unsafe velocity[outer * plane + row * columnCount + column] = Float(
                    share * Double(columns[outer * columnCount + column]))
                }
              }
            }
          }
        }
      }
    }
    state += [rows, columns]
  }
}
