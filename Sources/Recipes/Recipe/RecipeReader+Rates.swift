internal import JSON
internal import Layers
internal import Training

extension RecipeReader {
  /// What the rate of each layer is multiplied by: `layer_decay`, and `layer_rates` as the factors of the first and the last
  /// group, `[0.01, 1]`, or of layers by pattern, `{"block5_*": 0.1}`.
  mutating func layerRates() -> LayerRates {
    var rates = LayerRates()
    if let decay = double("layer_decay", in: 0...1) {
      if decay > 0 { rates.layerDecay = decay } else { report("layer_decay", "expected a number above 0, found 0") }
    }
    guard let value = optional("layer_rates") else { return rates }
    if let pair = value.arrayValue {
      rates.slice = slice(pair.map(\.doubleValue))
      if rates.slice == nil {
        report("layer_rates", "expected the factors of the first and the last group, [0.01, 1], found \(value.text)")
      }
    } else if let members = value.objectValue {
      for (pattern, factor) in members {
        guard let factor = factor.doubleValue, factor >= 0, factor.isFinite else {
          report("layer_rates.\(pattern)", "expected a factor that is not negative, found \(factor.text)")
          continue
        }
        rates.patterns.append(LayerRates.Pattern(layers: pattern, factor: factor))
      }
    } else {
      report(
        "layer_rates",
        "expected the factors of the first and the last group, [0.01, 1], or factors of layers, {\"block5_*\": 0.1}, "
          + "found \(value.kindName)")
    }
    return rates
  }

  /// The optimiser. Its learning rate may be a slice, `[0.00001, 0.001]`: the rates of the first and the last group.
  mutating func optimizer(_ rates: inout LayerRates) -> (any Optimizer)? {
    guard var value = optional("optimizer") else { return nil }
    if let pair = value["learning_rate"]?.arrayValue, var members = value.objectValue {
      guard let slice = slice(pair.map(\.doubleValue)) else {
        report(
          "optimizer.learning_rate",
          "expected a number, a schedule, or the rates of the first and the last group, [0.00001, 0.001], found "
            + JSONValue.array(pair).text)
        return nil
      }
      if rates.slice != nil || !rates.patterns.isEmpty {
        report("optimizer.learning_rate", "a slice of rates and \"layer_rates\" exclude each other; leave one out")
      }
      rates.slice = LayerRates.Slice(first: slice.first / slice.last, last: 1)
      members["learning_rate"] = .number(slice.last)
      value = .object(members)
    }
    return problems.checked(place("optimizer")) { () throws(ConfigError) in try OptimizerRegistry.optimizer(value) }
  }

  private func slice(_ pair: [Double?]) -> LayerRates.Slice? {
    guard pair.count == 2, let first = pair[0], let last = pair[1], first > 0, last > 0, first.isFinite, last.isFinite
    else { return nil }
    return LayerRates.Slice(first: first, last: last)
  }
}
