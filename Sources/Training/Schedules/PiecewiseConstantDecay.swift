public import JSON
public import Layers

/// Rates that change at given steps: Keras' `PiecewiseConstantDecay`.
///
/// `values[0]` holds through the step `boundaries[0]`, `values[i]` after `boundaries[i − 1]` through `boundaries[i]`, and the
/// last value after the last boundary. There is one more value than there are boundaries.
public struct PiecewiseConstantDecay: Schedule {
  public static let name = "piecewise_constant_decay"

  public var boundaries: [StepCount]
  public var values: [Double]

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.name)
    boundaries = []
    for (index, value) in try reader.elements("boundaries").enumerated() {
      do {
        boundaries.append(try StepCount(value, least: 0))
      } catch {
        throw ConfigError(key: "boundaries[\(index)]", error.message)
      }
    }
    values = []
    for (index, value) in try reader.elements("values").enumerated() {
      guard let rate = value.doubleValue, rate >= 0, rate.isFinite else {
        throw ConfigError(key: "values[\(index)]", "expected a number that is not negative, found \(value.text)")
      }
      values.append(rate)
    }
    guard values.count == boundaries.count + 1 else {
      throw ConfigError(
        key: "values",
        "expected one more value than there are boundaries, \(boundaries.count + 1), found \(values.count)")
    }
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "boundaries": .array(boundaries.map(\.config)),
      "values": .array(values.map { .number($0) }),
    ]
  }

  public func rate(at position: SchedulePosition) -> Double {
    values[boundaries.firstIndex { position.step <= $0.steps(in: position) } ?? boundaries.count]
  }

  public func length(in phase: SchedulePosition) -> Double? { boundaries.last.map { $0.steps(in: phase) } }

  public func overruns(in phase: SchedulePosition) -> [(key: String, problem: String)] {
    boundaries.indices.filter { boundaries[$0].steps(in: phase) >= Double(phase.stepCount - 1) }.map { index in
      (
        "boundaries[\(index)]",
        "the rate \(values[index + 1]) would hold after step \(Int(boundaries[index].steps(in: phase)))"
      )
    }
  }
}

extension ConfigReader {
  fileprivate mutating func elements(_ key: String) throws(ConfigError) -> [JSONValue] {
    guard let value = value(key), let elements = value.arrayValue, !elements.isEmpty else {
      throw ConfigError(key: key, "expected a list of numbers")
    }
    return elements
  }
}
