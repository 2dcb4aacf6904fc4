public import JSON
public import Layers
public import Tensors

/// All metrics there are, by Keras' names.
public enum MetricRegistry {
  /// What a metric's meaning may depend on.
  struct Setting {
    var loss: any Loss
    var units: Int
    var targets: Targets

    /// Refuses a metric that counts right classes where there are none.
    func needClasses(_ name: String) throws(ConfigError) {
      if case .classes(_, let count) = targets.kind, count == units { return }
      throw ConfigError(
        "\(name) compares classes, one output for each, but the data hold \(isRegression ? "numbers to predict" : "classes and the model has one output"). "
          + "There is \(isRegression ? "root_mean_squared_error or mean_absolute_error" : "binary_accuracy").")
    }

    private var isRegression: Bool { if case .values = targets.kind { true } else { false } }
  }

  struct Entry: Sendable {
    /// Keras' names for it; the first is the long one.
    var names: [String]
    var make:
      @Sendable (_ name: String, _ reader: inout ConfigReader, _ setting: Setting) throws(ConfigError) -> any Metric

    init(
      _ names: String...,
      make: @escaping @Sendable (String, inout ConfigReader, Setting) throws(ConfigError) -> any Metric
    ) {
      self.names = names
      self.make = make
    }
  }

  /// One entry per metric.
  static let all: [Entry] = [
    Entry("accuracy", "acc") { name, _, setting throws(ConfigError) in
      // As Keras resolves the word: by the loss, then by the shape of the output.
      if setting.loss is BinaryCrossentropy { return binaryAccuracy(name, setting) }
      try setting.needClasses(name)
      return CategoricalAccuracy(name: name)
    },
    Entry("categorical_accuracy", "sparse_categorical_accuracy") { name, _, setting throws(ConfigError) in
      try setting.needClasses(name)
      return CategoricalAccuracy(name: name)
    },
    Entry("binary_accuracy") { name, _, setting in binaryAccuracy(name, setting) },
    Entry("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy") {
      name, reader, setting throws(ConfigError) in
      try setting.needClasses(name)
      return TopKCategoricalAccuracy(k: try reader.positive("k", default: 5), name: name)
    },
    Entry("mean_squared_error", "mse") { name, _, _ in MeanError(.squared, name: name) },
    Entry("root_mean_squared_error", "rmse") { name, _, _ in MeanError(.rootSquared, name: name) },
    Entry("mean_absolute_error", "mae") { name, _, _ in MeanError(.absolute, name: name) },
  ]

  /// The names, as recipes write them.
  public static var names: [String] { all.flatMap(\.names) }

  /// The metric that a name, or `{"name": …, settings…}`, describes, for a model with this loss, this output (the shape of
  /// one sample) and these targets.
  public static func metric(
    _ config: JSONValue, loss: any Loss, output: Shape, targets: Targets
  ) throws(ConfigError) -> any Metric {
    let name = try config.registeredName(of: "metric", example: "accuracy")
    guard let entry = all.first(where: { $0.names.contains(name) }) else {
      throw ConfigError("there is no metric \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    var reader = try ConfigReader(config.objectValue == nil ? [:] : config, of: name)
    let setting = Setting(loss: loss, units: output.dimensions.last ?? 1, targets: targets)
    let metric = try entry.make(name, &reader, setting)
    try reader.finish()
    return metric
  }

  /// What is watched if nobody says otherwise: accuracy for classes, the root mean squared error for numbers.
  public static func standardName(for targets: Targets) -> String {
    if case .classes = targets.kind { "accuracy" } else { "root_mean_squared_error" }
  }

  private static func binaryAccuracy(_ name: String, _ setting: Setting) -> BinaryAccuracy {
    BinaryAccuracy(threshold: setting.loss.fromLogits ? 0 : 0.5, name: name)
  }
}
