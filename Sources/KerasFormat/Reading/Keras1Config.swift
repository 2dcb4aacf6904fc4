internal import JSON
internal import Layers

/// Keras 1's keys, in those of Keras 2 and 3.
enum Keras1Config {
  /// What `Merge` does, by its mode.
  static let mergeKinds = [
    "concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum",
  ]

  private static let renamed = [
    "nb_filter": "filters", "border_mode": "padding", "subsample": "strides", "bias": "use_bias",
    "init": "kernel_initializer", "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint", "output_dim": "units", "p": "rate",
    "gamma_init": "gamma_initializer", "beta_init": "beta_initializer", "atrous_rate": "dilation_rate",
    "concat_axis": "axis",
  ]

  private static let initializers = [
    "uniform": "random_uniform", "normal": "random_normal", "zero": "zeros", "one": "ones",
  ]

  static func translated(
    _ settings: OrderedDictionary<String, JSONValue>, kind: String
  ) throws(ConfigError) -> OrderedDictionary<String, JSONValue> {
    var result: OrderedDictionary<String, JSONValue> = [:]
    for (key, value) in settings {
      switch key {
      case "input_dim", "input_dtype", "nb_row", "nb_col", "mode_type", "dot_axes", "output_shape", "output_shape_type",
        "output_mask", "output_mask_type", "arguments":
        continue
      case "dim_ordering":
        result["data_format"] = value == "th" ? "channels_first" : "channels_last"
      case "mode":
        if kind == "BatchNormalization", value.intValue != 0 {
          throw ConfigError(key: key, "only mode 0 of Keras 1's BatchNormalization is supported, not \(value.text)")
        }
      case "concat_axis" where kind != "Concatenate": continue
      case "init", "gamma_init", "beta_init":
        let name = value.stringValue.flatMap { initializers[$0] }.map { JSONValue.string($0) } ?? value
        result[renamed[key] ?? key] = name
      case "W_regularizer", "b_regularizer", "gamma_regularizer", "beta_regularizer":
        result[renamed[key] ?? key] = regularizer(value)
      default: result[renamed[key] ?? key] = value
      }
    }
    if let rows = settings["nb_row"], let columns = settings["nb_col"] { result["kernel_size"] = [rows, columns] }
    return result
  }

  /// `{"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}`
  private static func regularizer(_ value: JSONValue) -> JSONValue {
    guard value["class_name"] == nil, value["l1"] != nil || value["l2"] != nil else { return value }
    return ["class_name": "L1L2", "config": ["l1": value["l1"] ?? 0.0, "l2": value["l2"] ?? 0.0]]
  }
}
