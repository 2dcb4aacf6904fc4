public import JSON
public import Layers
public import Tensors

/// All metrics there are, by Keras' names, and scikit-learn's for those that Keras has not.
public enum MetricRegistry {
  typealias Make =
    @Sendable (_ name: String, _ reader: inout ConfigReader, _ setting: MetricSetting) throws(ConfigError) -> any Metric

  struct Entry: Sendable {
    /// The names for it; the first is the long one.
    var names: [String]
    var make: Make

    init(_ names: String..., make: @escaping Make) {
      self.names = names
      self.make = make
    }
  }

  /// One entry per metric.
  static let all: [Entry] = [
    Entry("accuracy", "acc") { name, _, setting throws(ConfigError) in
      // As Keras resolves the word: by the loss, then by the shape of the output.
      if case .labels = try setting.reading(name).kind { return setting.binaryAccuracy(name) }
      if setting.loss.isBinary || setting.units == 1 { return setting.binaryAccuracy(name) }
      try setting.needClasses(name)
      return CategoricalAccuracy(name: name)
    },
    Entry("categorical_accuracy", "sparse_categorical_accuracy") { name, _, setting throws(ConfigError) in
      try setting.needClasses(name)
      return CategoricalAccuracy(name: name)
    },
    Entry("binary_accuracy") { name, reader, setting throws(ConfigError) in
      let standard = setting.threshold
      return BinaryAccuracy(threshold: try reader.float("threshold", default: standard), name: name)
    },
    Entry("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy") {
      name, reader, setting throws(ConfigError) in
      try setting.needClasses(name)
      let k = try reader.positive("k", default: 5)
      guard k <= setting.units else {
        throw ConfigError(
          key: "k",
          "there are only \(setting.units) classes; the top \(k) of them are always right. Say less: {\"name\": \"\(name)\", "
            + "\"k\": \(max(1, setting.units / 2))}.")
      }
      return TopKCategoricalAccuracy(k: k, name: name)
    },
    Entry("precision") { name, reader, setting throws(ConfigError) in try setting.confusion(.precision, name, &reader)
    },
    Entry("recall") { name, reader, setting throws(ConfigError) in try setting.confusion(.recall, name, &reader) },
    Entry("f1_score", "f1") { name, reader, setting throws(ConfigError) in try setting.confusion(.f1, name, &reader) },
    Entry("balanced_accuracy") { name, _, setting throws(ConfigError) in
      ConfusionMetric(.balancedAccuracy, name: name, reading: try setting.oneClass(name))
    },
    Entry("cohen_kappa") { name, _, setting throws(ConfigError) in
      ConfusionMetric(.cohenKappa, name: name, reading: try setting.oneClass(name))
    },
    Entry("matthews_correlation", "mcc") { name, _, setting throws(ConfigError) in
      ConfusionMetric(.matthewsCorrelation, name: name, reading: try setting.oneClass(name))
    },
    Entry("auc") { name, reader, setting throws(ConfigError) in
      AreaUnderCurve(try reader.choice("curve", default: .roc), name: name, reading: try setting.reading(name))
    },
    Entry("roc_auc") { name, _, setting throws(ConfigError) in
      AreaUnderCurve(.roc, name: name, reading: try setting.reading(name))
    },
    Entry("average_precision", "pr_auc") { name, _, setting throws(ConfigError) in
      AreaUnderCurve(.precisionRecall, name: name, reading: try setting.reading(name))
    },
    Entry("log_loss") { name, _, setting throws(ConfigError) in
      LogLoss(name: name, reading: try setting.reading(name))
    },
    Entry("expected_calibration_error", "ece") { name, reader, setting throws(ConfigError) in
      CalibrationError(
        name: name, reading: try setting.oneClass(name), bins: try reader.positive("bins", default: 15))
    },
    Entry("mean_squared_error", "mse") { name, _, _ in MeanError(.squared, name: name) },
    Entry("root_mean_squared_error", "rmse") { name, _, _ in MeanError(.rootSquared, name: name) },
    Entry("mean_absolute_error", "mae") { name, _, _ in MeanError(.absolute, name: name) },
    Entry("r2_score", "r2") { name, _, _ in R2Score(name: name) },
  ]

  /// The names, as recipes write them.
  public static var names: [String] { all.flatMap(\.names) }

  /// The metric that a name, or `{"name": …, settings…}`, describes, for a model with this loss, this output (the shape of
  /// one sample) and these targets.
  public static func metric(
    _ config: JSONValue, loss: any Loss, output: Shape, targets: Targets, classNames: [String] = []
  ) throws(ConfigError) -> any Metric {
    let name = try config.registeredName(of: "metric", example: "accuracy")
    guard let entry = all.first(where: { $0.names.contains(name) }) else {
      throw ConfigError("there is no metric \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    var reader = try ConfigReader(config.objectValue == nil ? [:] : config, of: name)
    let setting = MetricSetting(
      loss: loss, units: output.dimensions.last ?? 1, targets: targets, classNames: classNames)
    let metric = try entry.make(name, &reader, setting)
    try reader.finish()
    return metric
  }

  /// What is watched if nobody says otherwise: accuracy for classes, the root mean squared error for numbers.
  public static func standardName(for targets: Targets) -> String {
    targets.classCount != nil ? "accuracy" : "root_mean_squared_error"
  }
}
