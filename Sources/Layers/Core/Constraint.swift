public import JSON
public import Tensors

/// Where a parameter must lie: it is brought back there after every step of training. Keras' constraints.
///
/// Norms are taken over `axes`: a vector of inputs has its unit's weights along axis 0 of a `Dense` kernel `[features, units]`,
/// and along axes 0, 1 and 2 of a `Conv2D` kernel `[height, width, channels, filters]`. Keras' default is axis 0 for all.
public enum Constraint: Hashable, Sendable {
  /// `w · min(‖w‖, maximum) / (ε + ‖w‖)`, ε 1e-7 ([Srebro & Shraibman 2005](https://doi.org/10.1007/11503415_37)).
  case maxNorm(Float, axes: [Int] = [0])
  /// `max(w, 0)`
  case nonNegative
  /// `w / (ε + ‖w‖)`
  case unitNorm(axes: [Int] = [0])
  /// `w · (rate · clip(‖w‖, minimum, maximum) + (1 − rate) · ‖w‖) / (ε + ‖w‖)`
  case minMaxNorm(minimum: Float, maximum: Float, rate: Float = 1, axes: [Int] = [0])

  /// Brings `weights` to where they must lie, in place; norms are summed in `Double`.
  public func apply(to weights: inout Tensor) {
    switch self {
    case .nonNegative:
      unsafe weights.withUnsafeMutableElements { elements in
        // A NaN stays one.
        for index in elements.indices { if unsafe elements[index] < 0 { unsafe elements[index] = 0 } }
      }
    case .maxNorm(let maximum, let axes): scale(&weights, over: axes) { min($0, Double(maximum)) / (1e-7 + $0) }
    case .unitNorm(let axes): scale(&weights, over: axes) { 1 / (1e-7 + $0) }
    case .minMaxNorm(let minimum, let maximum, let rate, let axes):
      let (low, high, rate) = (Double(minimum), Double(maximum), Double(rate))
      scale(&weights, over: axes) { norm in
        (rate * Swift.min(Swift.max(norm, low), high) + (1 - rate) * norm) / (1e-7 + norm)
      }
    }
  }

  /// Multiplies what has a norm together by a factor of that norm.
  private func scale(_ weights: inout Tensor, over axes: [Int], _ factor: (Double) -> Double) {
    let extents = weights.shape.dimensions
    let reduced = Set(axes.map { $0 < 0 ? $0 + extents.count : $0 })
    // From one element to the next along each axis, in the list of norms: axes that are summed over do not count.
    var strides = [Int](repeating: 0, count: extents.count)
    var count = 1
    for axis in extents.indices.reversed() where !reduced.contains(axis) {
      strides[axis] = count
      count *= extents[axis]
    }
    func place(_ index: Int) -> Int {
      var (rest, place) = (index, 0)
      for axis in extents.indices.reversed() {
        place += rest % extents[axis] * strides[axis]
        rest /= extents[axis]
      }
      return place
    }
    unsafe weights.withUnsafeMutableElements { elements in
      var squares = [Double](repeating: 0, count: count)
      for index in elements.indices {
        let number = unsafe Double(elements[index])
        squares[place(index)] += number * number
      }
      let factors = squares.map { factor($0.squareRoot()) }
      for index in elements.indices {
        unsafe elements[index] = Float(Double(elements[index]) * factors[place(index)])
      }
    }
  }
}

extension Constraint {
  /// Reads Keras' `{"class_name": "MaxNorm", "config": {"max_value": 3, "axis": 0}}`, or `{"name": "max_norm", "max_value": 3}`,
  /// or a name alone.
  public static func reading(_ config: JSONValue) throws(ConfigError) -> Constraint {
    let (name, settings) = try config.namedSettings(of: "constraint", example: "max_norm")
    var reader = try ConfigReader(settings, of: name)
    let constraint: Constraint
    switch name.lowercased().filter({ $0 != "_" }) {
    case "maxnorm":
      constraint = .maxNorm(try reader.norm("max_value", default: 2), axes: try reader.axes("axis"))
    case "nonneg": constraint = .nonNegative
    case "unitnorm": constraint = .unitNorm(axes: try reader.axes("axis"))
    case "minmaxnorm":
      constraint = .minMaxNorm(
        minimum: try reader.norm("min_value", default: 0), maximum: try reader.norm("max_value", default: 1),
        rate: try reader.norm("rate", default: 1), axes: try reader.axes("axis"))
    default:
      throw ConfigError(
        "there is no constraint \"\(name)\". "
          + Suggestion.sentence(for: name, among: ["max_norm", "non_neg", "unit_norm", "min_max_norm"]))
    }
    try reader.finish()
    return constraint
  }

  /// Keras' `{"class_name": …, "config": {…}}`.
  public var config: JSONValue {
    func axis(_ axes: [Int]) -> JSONValue { axes.count == 1 ? .integer(axes[0]) : .array(axes.map { .integer($0) }) }
    switch self {
    case .maxNorm(let maximum, let axes):
      return ["class_name": "MaxNorm", "config": ["max_value": .float(maximum), "axis": axis(axes)]]
    case .nonNegative: return ["class_name": "NonNeg", "config": [:]]
    case .unitNorm(let axes): return ["class_name": "UnitNorm", "config": ["axis": axis(axes)]]
    case .minMaxNorm(let minimum, let maximum, let rate, let axes):
      return [
        "class_name": "MinMaxNorm",
        "config": [
          "min_value": .float(minimum), "max_value": .float(maximum), "rate": .float(rate), "axis": axis(axes),
        ],
      ]
    }
  }

  /// The axes that norms are taken over.
  public var axes: [Int] {
    switch self {
    case .nonNegative: []
    case .maxNorm(_, let axes), .unitNorm(let axes), .minMaxNorm(_, _, _, let axes): axes
    }
  }
}

extension ConfigReader {
  fileprivate mutating func norm(_ key: String, default standard: Float) throws(ConfigError) -> Float {
    let number = try float(key, default: standard)
    guard number >= 0 else { throw ConfigError(key: key, "expected a number that is not negative, found \(number)") }
    return number
  }

  fileprivate mutating func axes(_ key: String) throws(ConfigError) -> [Int] {
    guard let value = value(key) else { return [0] }
    if let axis = value.intValue { return [axis] }
    guard let axes = value.arrayValue?.map(\.intValue), !axes.isEmpty, !axes.contains(nil) else {
      throw ConfigError(key: key, "expected the number of an axis or a list of them, found \(value.text)")
    }
    return axes.compactMap { $0 }
  }

  /// A constraint on a parameter of `rank` axes; nil if there is none.
  mutating func constraint(_ key: String, rank: Int) throws(ConfigError) -> Constraint? {
    guard let value = value(key) else { return nil }
    do throws(ConfigError) {
      let constraint = try Constraint.reading(value)
      guard constraint.axes.allSatisfy({ (-rank..<rank).contains($0) }) else {
        throw ConfigError(key: "axis", "the axes go from 0 to \(rank - 1), found \(constraint.axes)")
      }
      return constraint
    } catch {
      throw ConfigError(key: error.key.isEmpty ? key : "\(key).\(error.key)", error.message)
    }
  }
}
