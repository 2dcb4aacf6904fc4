internal import Foundation
public import JSON
internal import Tensors

/// A setting of a recipe, and what a sweep tries in its place.
public struct SweepParameter: Hashable, Sendable {
  public enum Choices: Hashable, Sendable {
    /// One after the other.
    case values([JSONValue])
    case range(Range)
  }

  /// Numbers from `least` to `most`, both included.
  public struct Range: Hashable, Sendable {
    public var least: Double
    public var most: Double
    /// Whether their logarithms are spread evenly, as for learning rates, or they themselves.
    public var isLogarithmic = false
    /// Whether they are whole: where both ends are written so.
    public var isWhole = false
    /// How many of them a grid takes.
    public var steps: Int?

    /// The number at a place from 0 to 1. Four digits are more than such a setting means, and look better.
    func number(at place: Double) -> JSONValue {
      if isWhole {
        let (first, last) = (least, most + 1)
        let number =
          isLogarithmic ? first * pow(last / first, place) : first + (last - first) * place
        return .integer(Int(min(most, max(least, number.rounded(.down)))))
      }
      let number = isLogarithmic ? least * pow(most / least, place) : least + (most - least) * place
      return .number(Double(String(format: "%.4g", min(most, max(least, number)))) ?? number)
    }
  }

  /// Where the setting stands: `phases.0.optimizer.learning_rate`.
  public let path: String
  public let choices: Choices

  /// The parts of the path; `phases[0].epochs` is `phases.0.epochs`.
  var keys: [String] {
    path.replacingOccurrences(of: "[", with: ".").replacingOccurrences(of: "]", with: "")
      .split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  /// What a grid takes; nil for a range that does not say how many steps.
  var gridValues: [JSONValue]? {
    switch choices {
    case .values(let values): return values
    case .range(let range):
      guard let steps = range.steps else { return nil }
      guard steps > 1 else { return [range.number(at: 0.5)] }
      var values: [JSONValue] = []
      for step in 0..<steps {
        // A whole range is cut into as many parts; of any other both ends are taken.
        let place = range.isWhole ? (Double(step) + 0.5) / Double(steps) : Double(step) / Double(steps - 1)
        let value = range.number(at: place)
        if !values.contains(value) { values.append(value) }
      }
      return values
    }
  }

  /// What a trial of a random search takes. It follows from the key, the path and the number of the trial alone: more trials
  /// or more parameters leave it as it is.
  func random(trial: Int, _ key: RandomKey) -> JSONValue {
    let place = key.folding(path).folding(UInt64(trial)).uniform()
    switch choices {
    case .values(let values): return values[min(values.count - 1, Int(place * Double(values.count)))]
    case .range(let range): return range.number(at: place)
    }
  }
}

extension SweepParameter {
  /// Reads a list of values, `{"values": […]}` or `{"min": …, "max": …, "scale": "log", "steps": …}`.
  init?(_ path: String, reading value: JSONValue, at place: String, _ problems: ProblemList) {
    self.path = path
    if let list = value.arrayValue {
      if list.isEmpty { problems.report(place, "the list is empty; name values to try") }
      choices = .values(list)
      return
    }
    guard value.objectValue != nil else {
      problems.report(
        place, "expected a list of values, or {\"min\": 0.0001, \"max\": 0.1, \"scale\": \"log\"}, found \(value.text)")
      return nil
    }
    var reader = RecipeReader(value, path: place, problems: problems)
    if reader.has("values") {
      let values = reader.list("values")?.map(\.value) ?? []
      if values.isEmpty { reader.report("values", "name values to try") }
      reader.finish()
      choices = .values(values)
      return
    }
    let ends = [reader.value("min"), reader.value("max")]
    let scale = reader.choice("scale", [("linear", false), ("log", true)]) ?? false
    let steps = reader.int("steps", in: 1...10_000)
    reader.finish()
    guard let least = ends[0]?.doubleValue, let most = ends[1]?.doubleValue, least.isFinite, most.isFinite else {
      for (key, end) in zip(["min", "max"], ends) where end?.doubleValue?.isFinite != true {
        reader.report(key, "expected a number, found \(end?.text ?? "nothing")")
      }
      return nil
    }
    guard least < most else {
      reader.report("max", "expected more than \"min\" (\(least)), found \(most)")
      return nil
    }
    guard !scale || least > 0 else {
      reader.report("min", "expected a number above 0 on a logarithmic scale, found \(least)")
      return nil
    }
    func isInteger(_ value: JSONValue?) -> Bool { if case .integer = value { true } else { false } }
    choices = .range(
      Range(
        least: least, most: most, isLogarithmic: scale, isWhole: ends.allSatisfy(isInteger), steps: steps))
  }
}
