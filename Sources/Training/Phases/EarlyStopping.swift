public import JSON
public import Layers

/// Ends a phase when what is monitored no longer improves; Keras' callback of this name, with its keys and defaults.
///
/// Patience counts epochs without improvement: training stops when there have been `patience` of them (never in the first
/// epoch). An improvement is a value better than the best so far by more than `min_delta`. With `restore_best_weights` the
/// model is that of the best epoch in the end, however the phase ended.
///
/// Two settings are not Keras'. With `check_every` n it looks at epochs n, 2n, 3n, … only, and patience counts looks: what
/// swings from epoch to epoch does not end a phase. `restore` says what the model is in the end: `best` is
/// `restore_best_weights`; `previous` goes back, where training was stopped, to the look before the one that stopped it
/// ([Prechelt 1998](https://doi.org/10.1007/3-540-49430-8_3) compares such rules); `last` leaves it as it is.
public struct EarlyStopping: Hashable, Sendable {
  public enum Mode: String, CaseIterable, Hashable, Sendable {
    /// By the metric: losses and errors down, accuracies up.
    case auto, min, max
  }

  public enum Restore: String, CaseIterable, Hashable, Sendable {
    /// That of the last epoch.
    case last
    /// That of the best epoch, however the phase ended.
    case best
    /// That of the look before the one that stopped training; that of the last epoch where nothing did.
    case previous
  }

  /// Whether the model is that of the best epoch in the end: Keras' `restore_best_weights`.
  public var restoresBestWeights: Bool {
    get { restore == .best }
    set { restore = newValue ? .best : restore == .best ? .last : restore }
  }

  /// `loss`, a metric, or one of them on the validation data: `val_loss`.
  public var monitor = "val_loss"
  public var patience = 0
  public var minDelta = 0.0
  public var mode = Mode.auto
  /// What the model is in the end.
  public var restore = Restore.last
  /// Epochs from one look to the next.
  public var checkEvery = 1
  /// Unless the value is better than this, patience runs.
  public var baseline: Double?
  /// Epochs (counted from 0) before this are not looked at.
  public var startFromEpoch = 0

  public init(monitor: String = "val_loss", patience: Int = 0, restoresBestWeights: Bool = false) {
    self.monitor = monitor
    self.patience = patience
    self.restoresBestWeights = restoresBestWeights
  }

  /// Reads Keras' keys: `monitor`, `patience`, `min_delta`, `mode`, `restore_best_weights`, `baseline`, `start_from_epoch`;
  /// and `check_every`, `restore`.
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: "early_stopping")
    monitor = try reader.string("monitor", default: "val_loss")
    patience = try reader.int("patience", default: 0)
    // Only the size counts, as in Keras.
    minDelta = try abs(Double(reader.float("min_delta", default: 0)))
    mode = try reader.choice("mode", default: .auto)
    let hasBest = reader.value("restore_best_weights") != nil
    let best = try reader.bool("restore_best_weights", default: false)
    restore = try reader.choice("restore", default: best ? .best : .last)
    if hasBest, best != (restore == .best) {
      throw ConfigError(
        key: "restore", "\(restore.rawValue) and \"restore_best_weights\": \(best) contradict each other; leave one out"
      )
    }
    checkEvery = try reader.int("check_every", default: 1)
    guard checkEvery >= 1 else {
      throw ConfigError(key: "check_every", "expected a number from 1, found \(checkEvery)")
    }
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
      "restore": .string(restore.rawValue), "check_every": .integer(checkEvery),
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
    guard let value = record[stopping.monitor], epoch >= stopping.startFromEpoch, looks(at: epoch) else {
      return (false, false)
    }
    seen.waited += 1
    if isBetter(value, than: seen.best) {
      seen.best = value
      if stopping.baseline == nil || isBetter(value, than: stopping.baseline) { seen.waited = 0 }
      return (true, false)
    }
    return (false, seen.waited >= stopping.patience && epoch > 0)
  }

  /// Whether it is an epoch to look at; 0 is the first.
  func looks(at epoch: Int) -> Bool { (epoch + 1) % stopping.checkEvery == 0 }

  private func isBetter(_ value: Double, than reference: Double?) -> Bool {
    guard let reference else { return true }
    return wantsMore ? value - stopping.minDelta > reference : value + stopping.minDelta < reference
  }
}
