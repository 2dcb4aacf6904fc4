public import JSON
public import Layers

/// Ends a phase when what is monitored no longer improves; Keras' callback of this name, with its keys and defaults.
///
/// Patience counts epochs without improvement: training stops when there have been `patience` of them (never in the first
/// epoch). An improvement is a value better than the best so far by more than `min_delta`. With `restore_best_weights` the
/// model is that of the best epoch in the end, however the phase ended.
public struct EarlyStopping: Hashable, Sendable {
  public enum Mode: String, CaseIterable, Hashable, Sendable {
    /// By the metric: losses and errors down, accuracies up.
    case auto, min, max
  }

  /// `loss`, a metric, or one of them on the validation data: `val_loss`.
  public var monitor = "val_loss"
  public var patience = 0
  public var minDelta = 0.0
  public var mode = Mode.auto
  public var restoresBestWeights = false
  /// Unless the value is better than this, patience runs.
  public var baseline: Double?
  /// Epochs (counted from 0) before this are not looked at.
  public var startFromEpoch = 0

  public init(monitor: String = "val_loss", patience: Int = 0, restoresBestWeights: Bool = false) {
    self.monitor = monitor
    self.patience = patience
    self.restoresBestWeights = restoresBestWeights
  }

  /// Reads Keras' keys: `monitor`, `patience`, `min_delta`, `mode`, `restore_best_weights`, `baseline`, `start_from_epoch`.
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: "early_stopping")
    monitor = try reader.string("monitor", default: "val_loss")
    patience = try reader.int("patience", default: 0)
    // Only the size counts, as in Keras.
    minDelta = try abs(Double(reader.float("min_delta", default: 0)))
    mode = try reader.choice("mode", default: .auto)
    restoresBestWeights = try reader.bool("restore_best_weights", default: false)
    if let value = reader.value("baseline") {
      guard let number = value.doubleValue else {
        throw ConfigError(key: "baseline", "expected a number, found \(value.text)")
      }
      baseline = number
    }
    startFromEpoch = try reader.int("start_from_epoch", default: 0)
    try reader.finish()
    guard patience >= 0 else { throw ConfigError(key: "patience", "expected a number from 0, found \(patience)") }
  }

  /// The settings, complete, as `init(config:)` reads them.
  public var config: JSONValue {
    [
      "monitor": .string(monitor), "patience": .integer(patience), "min_delta": .number(minDelta),
      "mode": .string(mode.rawValue), "restore_best_weights": .bool(restoresBestWeights),
      "baseline": baseline.map { .number($0) } ?? .null, "start_from_epoch": .integer(startFromEpoch),
    ]
  }

  /// Checks that what is monitored will be there.
  public func check(metrics: [any Metric], hasValidation: Bool) throws(ConfigError) {
    let names = ["loss"] + metrics.map(\.name)
    let known = names + (hasValidation ? names.map { "val_" + $0 } : [])
    guard !known.contains(monitor) else { return }
    if !hasValidation, monitor.hasPrefix("val_") {
      throw ConfigError(
        key: "monitor",
        "\"\(monitor)\" needs validation data, and there are none. Name some, or monitor \"\(monitor.dropFirst(4))\".")
    }
    throw ConfigError(
      key: "monitor", "nothing is called \"\(monitor)\". \(Suggestion.sentence(for: monitor, among: known))")
  }
}

/// Follows one value from epoch to epoch.
struct BestEpoch {
  private let stopping: EarlyStopping
  private let wantsMore: Bool

  /// What it has seen of the epochs so far.
  struct Seen: Hashable, Sendable, Codable {
    var best: Double?
    /// Epochs without improvement.
    var waited = 0
  }
  private(set) var seen: Seen

  /// - Parameters:
  ///   - stopping: nil to keep the best by `val_loss`, or `loss`, and never stop.
  ///   - seen: what it saw of earlier epochs.
  init(_ stopping: EarlyStopping?, metrics: [any Metric], hasValidation: Bool, continuing seen: Seen = Seen()) {
    self.seen = seen
    let stopping = stopping ?? EarlyStopping(monitor: hasValidation ? "val_loss" : "loss", patience: .max)
    self.stopping = stopping
    wantsMore = stopping.mode.wantsMore(stopping.monitor, metrics: metrics)
  }

  /// Takes note of an epoch (0 is the first): whether it is the best so far, and whether it is time to stop.
  mutating func observe(_ record: EpochRecord, epoch: Int) -> (isBest: Bool, stops: Bool) {
    guard let value = record[stopping.monitor], epoch >= stopping.startFromEpoch else { return (false, false) }
    seen.waited += 1
    if isBetter(value, than: seen.best) {
      seen.best = value
      if stopping.baseline == nil || isBetter(value, than: stopping.baseline) { seen.waited = 0 }
      return (true, false)
    }
    return (false, seen.waited >= stopping.patience && epoch > 0)
  }

  private func isBetter(_ value: Double, than reference: Double?) -> Bool {
    guard let reference else { return true }
    return wantsMore ? value - stopping.minDelta > reference : value + stopping.minDelta < reference
  }
}
