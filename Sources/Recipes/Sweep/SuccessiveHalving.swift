/// The rungs of a ladder of trials: on each of them the best of the rung below go on for more epochs.
package struct SuccessiveHalving: Hashable {
  package struct Rung: Hashable {
    /// How many trials reach it.
    package var trialCount: Int
    /// The share of its epochs after which a trial is judged there; 1 on the last rung.
    package var share: Double
  }

  package let rungs: [Rung]

  /// Bracket s of Hyperband with `n` trials: on rung i there are `⌊n · η⁻ⁱ⌋` of them, for `R · ηⁱ⁻ˢ` epochs. There are as many
  /// rungs as leave a trial for the last and `minEpochs` for the first.
  ///
  /// - Parameters:
  ///   - epochs: R, those of a whole trial.
  ///   - factor: η.
  package init(trials: Int, epochs: Int, factor: Int, minEpochs: Int) {
    var power = 1
    var powers = [1]
    while trials / (power * factor) >= 1, epochs / (power * factor) >= minEpochs {
      power *= factor
      powers.append(power)
    }
    rungs = powers.indices.map { rung in
      Rung(trialCount: trials / powers[rung], share: 1 / Double(powers[powers.count - 1 - rung]))
    }
  }

  /// The epochs after which a trial of so many is judged on a rung; nil for all of them.
  package static func limit(_ share: Double, of epochs: Int, minEpochs: Int) -> Int? {
    let limit = max(minEpochs, Int((Double(epochs) * share).rounded()))
    return limit >= epochs ? nil : limit
  }
}
