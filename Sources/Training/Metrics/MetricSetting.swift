import JSON
import Layers
import Tensors

/// What a metric's meaning may depend on.
struct MetricSetting {
  var loss: any Loss
  var units: Int
  var targets: Targets
  var classNames: [String]

  /// How outputs are read; refuses where there are neither classes nor labels.
  func reading(_ name: String) throws(ConfigError) -> OutputReading {
    guard let reading = OutputReading(loss: loss, units: units, targets: targets) else {
      throw ConfigError(
        "\(name) compares classes, but the data hold numbers to predict. There is root_mean_squared_error, "
          + "mean_absolute_error or r2_score.")
    }
    return reading
  }

  /// The same where a sample has one class.
  func oneClass(_ name: String) throws(ConfigError) -> OutputReading {
    let reading = try reading(name)
    if case .labels = reading.kind {
      throw ConfigError("\(name) needs one class for each sample; with several labels there is f1_score or auc.")
    }
    return reading
  }

  /// Refuses a metric that needs an output for each class where there is none.
  func needClasses(_ name: String) throws(ConfigError) {
    if targets.classCount == units { return }
    let isRegression = targets.classCount == nil
    throw ConfigError(
      "\(name) compares classes, one output for each, but the data hold "
        + (isRegression
          ? "numbers to predict. There is root_mean_squared_error or mean_absolute_error."
          : "classes and the model has one output. There is binary_accuracy."))
  }

  /// Where an output begins to say yes.
  var threshold: Float { OutputReading.threshold(loss) }

  func binaryAccuracy(_ name: String) -> BinaryAccuracy { BinaryAccuracy(threshold: threshold, name: name) }

  func confusion(
    _ kind: ConfusionMetric.Kind, _ name: String, _ reader: inout ConfigReader
  ) throws(ConfigError) -> ConfusionMetric {
    let reading = try reading(name)
    var average: ClassAverage?
    if reader.value("average") != nil {
      let chosen: ClassAverage = try reader.choice("average")
      guard chosen != .binary || reading.kind == .binary else {
        throw ConfigError(key: "average", "\"binary\" is for models with one output; there is macro, micro, weighted")
      }
      average = chosen
    }
    var index: Int?
    if let value = reader.value("class") {
      index = value.intValue ?? value.stringValue.flatMap { classNames.firstIndex(of: $0) }
      guard let index, (0..<reading.count).contains(index) else {
        throw ConfigError(
          key: "class",
          "there is no class \(value.text). \(Suggestion.sentence(for: value.stringValue ?? "", among: classNames))")
      }
    }
    return ConfusionMetric(kind, name: name, reading: reading, average: average, classIndex: index)
  }
}

extension OutputReading {
  /// How the outputs of a model with this loss are read; nil where they are numbers.
  public init?(loss: any Loss, units: Int, targets: Targets) {
    let kind: Kind
    if let count = targets.classCount {
      guard units == count || (units == 1 && count == 2) else { return nil }
      kind = units == 1 ? .binary : .classes(units)
    } else if loss.isBinary {
      kind = .labels(units)
    } else {
      return nil
    }
    self.init(kind, threshold: Self.threshold(loss), fromLogits: loss.fromLogits)
  }

  /// For logits and margins 0, where the probability is ½; Keras keeps 0.5 there unless it is told.
  static func threshold(_ loss: any Loss) -> Float {
    loss.fromLogits || loss is Hinge || loss is SquaredHinge ? 0 : 0.5
  }
}

extension Loss {
  /// Whether each output answers yes or no on its own.
  public var isBinary: Bool {
    self is BinaryCrossentropy || self is BinaryFocalCrossentropy || self is Hinge || self is SquaredHinge
  }
}
