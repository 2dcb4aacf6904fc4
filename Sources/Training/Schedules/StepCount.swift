import JSON
import Layers

/// A number of optimiser steps, or of epochs: `1000` or `{"epochs": 2.5}` in a recipe.
public enum StepCount: Hashable, Sendable, ExpressibleByIntegerLiteral {
  case steps(Int)
  case epochs(Double)

  public init(integerLiteral value: Int) { self = .steps(value) }

  /// In steps.
  func steps(in phase: SchedulePosition) -> Double {
    switch self {
    case .steps(let count): Double(count)
    case .epochs(let count): count * Double(phase.stepsPerEpoch)
    }
  }

  var config: JSONValue {
    switch self {
    case .steps(let count): .integer(count)
    case .epochs(let count): ["epochs": .number(count)]
    }
  }

  init(_ value: JSONValue, least: Int) throws(ConfigError) {
    if let count = value.intValue, count >= least {
      self = .steps(count)
    } else if let members = value.objectValue, members.count == 1, let count = value["epochs"]?.doubleValue,
      count.isFinite, count > 0 || (count == 0 && least == 0)
    {
      self = .epochs(count)
    } else {
      let stray = value.objectValue?.keys.first { $0 != "epochs" }
      let hint = stray.map { ". " + Suggestion.sentence(for: $0, among: ["epochs"]) } ?? ""
      throw ConfigError("expected a number of steps from \(least) or {\"epochs\": 2}, found \(value.text)\(hint)")
    }
  }
}

extension ConfigReader {
  /// A number of steps; nil if there is none.
  mutating func steps(_ key: String, least: Int = 1) throws(ConfigError) -> StepCount? {
    guard let value = value(key) else { return nil }
    do { return try StepCount(value, least: least) } catch { throw ConfigError(key: key, error.message) }
  }

  /// A number that is not negative, in double precision.
  mutating func rate(_ key: String, default standard: Double? = nil) throws(ConfigError) -> Double {
    guard let value = value(key) else {
      guard let standard else { throw ConfigError(key: key, "is missing; the schedule needs it") }
      return standard
    }
    guard let number = value.doubleValue, number >= 0, number.isFinite else {
      throw ConfigError(key: key, "expected a number that is not negative, found \(value.text)")
    }
    return number
  }

  /// The same above 0.
  mutating func positiveNumber(_ key: String, default standard: Double? = nil) throws(ConfigError) -> Double {
    let number = try rate(key, default: standard)
    guard number > 0 else { throw ConfigError(key: key, "expected a number above 0, found \(number)") }
    return number
  }
}
