/// What training and validation curves, side by side, say of a model: bias, variance, or neither.
///
/// Bias is what a model cannot even learn from its training data; variance is what it learns of them that does not hold for
/// others. See [Goodfellow, Bengio & Courville, Deep Learning, 5.2–5.4](https://www.deeplearningbook.org/contents/ml.html).
/// The training loss is that of Keras' logs: the mean over an epoch in which the model still learned, with dropout and
/// augmentation, so it may well stand above that of validation. But where samples or classes have weights it is taken without
/// them, as that of validation always is: weights whose mean is not 1 would move one of the two and not the other.
public struct LearningCurve: Hashable, Sendable {
  public enum Verdict: String, Hashable, Sendable {
    /// Validation got worse while training got better, or stands far behind it.
    case highVariance = "high variance"
    /// Even the training data are learned poorly, and that no longer changes.
    case highBias = "high bias"
    /// Both were still getting better.
    case stillImproving = "still improving"
    /// Both have settled, close together.
    case settled
    /// There are no validation data, or too few epochs.
    case unknown
  }

  public let verdict: Verdict
  /// The figures and what may help.
  public let explanation: String

  /// How much a loss has to change, in shares of itself, to count as changing.
  private static let noticeable = 0.02
  /// How far validation accuracy may stand behind that of training.
  private static let gap = 0.10
  /// Training accuracy above which nobody speaks of bias.
  private static let learned = 0.85

  /// Reads the epochs of one phase.
  ///
  /// - Parameter classCount: for classifiers, to tell what guessing would reach.
  public init(_ records: [EpochRecord], classCount: Int? = nil) {
    func figure(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
    let validated = records.filter { $0.validation != nil }
    guard let first = validated.first, let last = validated.last, validated.count >= 3,
      let best = validated.min(by: { ($0["val_loss"] ?? .infinity) < ($1["val_loss"] ?? .infinity) }),
      let bestLoss = best["val_loss"], let lastLoss = last["val_loss"], let firstLoss = first["val_loss"]
    else {
      verdict = .unknown
      explanation =
        records.contains { $0.validation != nil }
        ? "too few epochs to read curves from" : "without validation data nothing can be said of variance"
      return
    }
    let accuracies = last["accuracy"].flatMap { own in last["val_accuracy"].map { (own, $0) } }
    let rise = (lastLoss - bestLoss) / max(1e-12, abs(bestLoss))
    let fall = (best.comparableLoss - last.comparableLoss) / max(1e-12, abs(best.comparableLoss))
    let loss = last.training.unweightedLoss == nil ? "loss" : "loss (without weights)"

    if rise > 2 * Self.noticeable, fall > Self.noticeable {
      verdict = .highVariance
      explanation =
        "since epoch \(best.epoch) val_loss rose from \(figure(bestLoss)) to \(figure(lastLoss)) while \(loss) fell from "
        + "\(figure(best.comparableLoss)) to \(figure(last.comparableLoss)): the model learns its training pictures by heart. "
        + Self.againstVariance
      return
    }
    if let (own, other) = accuracies, own - other > Self.gap {
      verdict = .highVariance
      explanation =
        "accuracy \(figure(own)) on the training pictures, \(figure(other)) on those for validation. "
        + Self.againstVariance
      return
    }
    let recent = validated.suffix(3)
    let recentFall =
      recent.first.map {
        ($0.comparableLoss - last.comparableLoss) / max(1e-12, abs($0.comparableLoss))
      } ?? 0
    if lastLoss <= bestLoss, recentFall > Self.noticeable, firstLoss > lastLoss {
      verdict = .stillImproving
      explanation =
        "\(loss) \(figure(last.comparableLoss)) and val_loss \(figure(lastLoss)) were both still falling at the end: more epochs, or a "
        + "higher learning rate, would probably help"
      return
    }
    let chance = classCount.map { 1 / Double(max(1, $0)) } ?? 0
    if let (own, other) = accuracies, own < chance + (1 - chance) * Self.learned, own - other < Self.gap / 2 {
      verdict = .highBias
      explanation =
        "accuracy \(figure(own)) on the training pictures themselves, \(figure(other)) on those for validation, and no "
        + "longer rising: the model cannot learn more as it stands. Train deeper layers, give the head a hidden layer, "
        + "less dropout or L2, or take a larger backbone"
      return
    }
    verdict = .settled
    explanation =
      "\(loss) \(figure(last.comparableLoss)) and val_loss \(figure(lastLoss)) have settled"
      + (accuracies.map { ", accuracy \(figure($0.0)) and val_accuracy \(figure($0.1))" } ?? "")
  }

  private static let againstVariance =
    "More pictures, augmentation, more dropout or L2, fewer layers trained or early stopping that restores the best "
    + "weights help against variance"
}
