public import JSON
public import Layers

/// How much a sample of each class counts in the loss: Keras' `class_weight`.
///
/// - `"balanced"`: `samples / (classes · samples of the class)`, scikit-learn's formula, so that every class counts the same
///   and all samples together what they did before ([King & Zeng 2001](https://doi.org/10.1093/oxfordjournals.pan.a004868))
/// - or a number by the class' name; 1 for those that are not named
public enum ClassWeights: Hashable, Sendable {
  case balanced
  case given([Given])

  public struct Given: Hashable, Sendable {
    public var name: String
    public var weight: Float

    public init(name: String, weight: Float) {
      self.name = name
      self.weight = weight
    }
  }

  public init(config: JSONValue) throws(ConfigError) {
    if config.stringValue == "balanced" {
      self = .balanced
      return
    }
    guard let members = config.objectValue else {
      throw ConfigError("expected \"balanced\" or a weight by class name, {\"cat\": 2}, found \(config.text)")
    }
    var given: [Given] = []
    for (name, value) in members {
      guard let weight = value.doubleValue, weight >= 0, weight.isFinite else {
        throw ConfigError(key: name, "expected a number that is not negative, found \(value.text)")
      }
      given.append(Given(name: name, weight: Float(weight)))
    }
    self = .given(given)
  }

  public var config: JSONValue {
    switch self {
    case .balanced: "balanced"
    case .given(let weights):
      .object(OrderedDictionary(weights.map { ($0.name, .shortest($0.weight)) }, uniquingKeysWith: { $1 }))
    }
  }

  /// The weight of each class.
  public func weights(classNames: [String], of targets: Targets) throws(ConfigError) -> [Float] {
    guard case .classes(let classes, let count) = targets.kind else {
      throw ConfigError("the data hold numbers to predict, not classes")
    }
    switch self {
    case .balanced:
      var counts = [Int](repeating: 0, count: count)
      for index in classes { counts[index] += 1 }
      // A class without samples weighs on nothing.
      return counts.map { $0 == 0 ? 0 : Float(Double(classes.count) / (Double(count) * Double($0))) }
    case .given(let given):
      var weights = [Float](repeating: 1, count: count)
      for entry in given {
        guard let index = classNames.firstIndex(of: entry.name) else {
          throw ConfigError(
            key: entry.name,
            "there is no class \"\(entry.name)\". \(Suggestion.sentence(for: entry.name, among: classNames))")
        }
        weights[index] = entry.weight
      }
      return weights
    }
  }
}

extension Targets {
  /// The same with each sample's weight multiplied by that of its class; of mixed classes by their mean.
  public func weighted(byClass classWeights: [Float]) -> Targets {
    guard case .classes(let classes, _) = kind else { return self }
    var weighted = self
    let own = classShares.map { $0.products(with: classWeights) } ?? classes.map { classWeights[$0] }
    weighted.weights = weights.map { zip($0, own).map { $0 * $1 } } ?? own
    return weighted
  }
}
