public import JSON
public import Layers

/// Makes the learning rate smaller when what is monitored no longer improves: Keras' callback, with its keys and defaults.
///
/// After `patience` epochs without an improvement by more than `min_delta` the rate is multiplied by `factor`, never below
/// `min_lr`; then `cooldown` epochs pass before waiting begins again. With a schedule it is the schedule's rate that is multiplied.
public struct ReduceLROnPlateau: Hashable, Sendable {
  public var monitor = "val_loss"
  public var factor = 0.1
  public var patience = 10
  public var mode = EarlyStopping.Mode.auto
  public var minDelta = 1e-4
  public var cooldown = 0
  public var minLearningRate = 0.0

  public init(monitor: String = "val_loss", factor: Double = 0.1, patience: Int = 10) {
    self.monitor = monitor
    self.factor = factor
    self.patience = patience
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: "reduce_lr_on_plateau")
    monitor = try reader.string("monitor", default: "val_loss")
    factor = try reader.positiveNumber("factor", default: 0.1)
    guard factor < 1 else { throw ConfigError(key: "factor", "expected a number below 1, found \(factor)") }
    patience = try reader.int("patience", default: 10)
    guard patience >= 0 else { throw ConfigError(key: "patience", "expected a number from 0, found \(patience)") }
    mode = try reader.choice("mode", default: .auto)
    minDelta = try reader.rate("min_delta", default: 1e-4)
    cooldown = try reader.int("cooldown", default: 0)
    guard cooldown >= 0 else { throw ConfigError(key: "cooldown", "expected a number from 0, found \(cooldown)") }
    minLearningRate = try reader.rate("min_lr", default: 0)
    try reader.finish()
  }

  /// The settings, complete, as `init(config:)` reads them.
  public var config: JSONValue {
    [
      "monitor": .string(monitor), "factor": .number(factor), "patience": .integer(patience),
      "mode": .string(mode.rawValue), "min_delta": .number(minDelta), "cooldown": .integer(cooldown),
      "min_lr": .number(minLearningRate),
    ]
  }

  /// Checks that what is monitored will be there.
  public func check(metrics: [any Metric], hasValidation: Bool) throws(ConfigError) {
    try EarlyStopping(monitor: monitor).check(metrics: metrics, hasValidation: hasValidation)
  }
}

/// Follows one value from epoch to epoch and knows what the learning rate is to be multiplied by.
public struct Plateau: Hashable, Sendable {
  /// All that is known of the epochs so far: a plain value that can be kept and gone on from.
  public struct Seen: Hashable, Sendable, Codable {
    /// What the schedule's rate is multiplied by.
    public var factor = 1.0
    public var best: Double?
    /// Epochs without improvement.
    public var waited = 0
    /// Epochs of the cooldown that are left.
    public var cooldown = 0

    public init() {}
  }

  public private(set) var seen: Seen
  private let settings: ReduceLROnPlateau
  private let wantsMore: Bool

  public init(_ settings: ReduceLROnPlateau, metrics: [any Metric], continuing seen: Seen = Seen()) {
    self.settings = settings
    self.seen = seen
    wantsMore = settings.mode.wantsMore(settings.monitor, metrics: metrics)
  }

  /// Takes note of an epoch, whose last step had a rate of `rate`.
  public mutating func observe(_ record: EpochRecord, rate: Double) {
    guard let value = record[settings.monitor] else { return }
    if seen.cooldown > 0 {
      seen.cooldown -= 1
      seen.waited = 0
    }
    if isBetter(value) {
      seen.best = value
      seen.waited = 0
    } else if seen.cooldown == 0 {
      seen.waited += 1
      if seen.waited >= settings.patience, rate > settings.minLearningRate {
        seen.factor *= max(settings.factor, settings.minLearningRate / rate)
        seen.cooldown = settings.cooldown
        seen.waited = 0
      }
    }
  }

  private func isBetter(_ value: Double) -> Bool {
    guard let best = seen.best else { return true }
    return wantsMore ? value > best + settings.minDelta : value < best - settings.minDelta
  }
}

extension EarlyStopping.Mode {
  /// Whether larger values of what is monitored are better.
  package func wantsMore(_ monitor: String, metrics: [any Metric]) -> Bool {
    let name = monitor.hasPrefix("val_") ? String(monitor.dropFirst(4)) : monitor
    return switch self {
    case .min: false
    case .max: true
    case .auto: metrics.first { $0.name == name }?.improvesUpwards ?? false
    }
  }
}
