public import JSON
public import Tensors

/// Reads a layer's configuration key by key and knows at the end which keys nobody asked for.
///
/// ```swift
/// var reader = try ConfigReader(config, of: Self.kind)
/// units = try reader.positive("units")
/// usesBias = try reader.bool("use_bias", default: true)
/// try reader.finish()
/// ```
public struct ConfigReader {
  private let kind: String
  private let config: JSONValue
  private var known: Set<String> = Self.everywhere
  private var read: Set<String> = []

  /// Keys that Keras writes for every layer, or that only matter while Keras itself trains.
  static let everywhere: Set<String> = [
    "name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_dtype", "input_shape", "data_format",
    "activity_regularizer", "bias_constraint", "kernel_constraint", "depthwise_constraint", "pointwise_constraint",
    "beta_constraint", "gamma_constraint", "alpha_constraint", "quantization_config", "lora_rank", "ragged", "sparse",
  ]

  public init(_ config: JSONValue, of kind: String) throws(ConfigError) {
    guard config.objectValue != nil else {
      throw ConfigError("expected the settings of \(kind), found \(config.kindName)")
    }
    self.kind = kind
    self.config = config
    if let format = config["data_format"]?.stringValue, format != "channels_last" {
      throw ConfigError(
        key: "data_format",
        "\(kind) is \"\(format)\", but only \"channels_last\" is supported; convert the model in Keras first")
    }
  }

  /// The value of a key; null counts as missing.
  public mutating func value(_ key: String) -> JSONValue? {
    known.insert(key)
    read.insert(key)
    guard let value = config[key], !value.isNull else { return nil }
    return value
  }

  public mutating func int(_ key: String, default standard: Int? = nil) throws(ConfigError) -> Int {
    guard let value = value(key) else { return try missing(key, standard) }
    guard let number = value.intValue else {
      throw ConfigError(key: key, "expected a whole number, found \(value.text)")
    }
    return number
  }

  public mutating func positive(_ key: String, default standard: Int? = nil) throws(ConfigError) -> Int {
    let number = try int(key, default: standard)
    guard number > 0 else { throw ConfigError(key: key, "expected a number above 0, found \(number)") }
    // What TensorFlow can index; larger ones would overflow the product of a few.
    guard number <= Int32.max else {
      throw ConfigError(key: key, "expected a number up to \(Int32.max), found \(number)")
    }
    return number
  }

  public mutating func float(_ key: String, default standard: Float? = nil) throws(ConfigError) -> Float {
    guard let value = value(key) else { return try missing(key, standard) }
    // Keras writes arrays of one element for some thresholds: {"type": "ndarray", "values": [0.3]} or [0.3].
    let number =
      value.doubleValue ?? (value["value"] ?? value["values"])?.doubleValue ?? value.arrayValue?.first?.doubleValue
    guard let number else { throw ConfigError(key: key, "expected a number, found \(value.text)") }
    return Float(number)
  }

  public mutating func bool(_ key: String, default standard: Bool? = nil) throws(ConfigError) -> Bool {
    guard let value = value(key) else { return try missing(key, standard) }
    guard let truth = value.boolValue ?? value.intValue.map({ $0 != 0 }) else {
      throw ConfigError(key: key, "expected true or false, found \(value.text)")
    }
    return truth
  }

  public mutating func string(_ key: String, default standard: String? = nil) throws(ConfigError) -> String {
    guard let value = value(key) else { return try missing(key, standard) }
    guard let text = value.stringValue else { throw ConfigError(key: key, "expected a string, found \(value.text)") }
    return text
  }

  /// One of a few words.
  public mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, default standard: Choice? = nil
  ) throws(ConfigError) -> Choice where Choice.RawValue == String {
    guard let value = value(key) else { return try missing(key, standard) }
    let names = Choice.allCases.map(\.rawValue)
    guard let text = value.stringValue, let choice = Choice(rawValue: text.lowercased()) else {
      let hint = value.stringValue.map { " " + Suggestion.sentence(for: $0, among: names) } ?? ""
      throw ConfigError(key: key, "expected \(names.joined(separator: " or ")), found \(value.text).\(hint)")
    }
    return choice
  }

  /// Height and width: a pair, or one number for both.
  public mutating func size(_ key: String, default standard: Size? = nil) throws(ConfigError) -> Size {
    guard let value = value(key) else { return try missing(key, standard) }
    if let both = value.intValue, both > 0 { return Size(both, both) }
    if let pair = value.arrayValue?.map(\.intValue), pair.count == 2, let height = pair[0], let width = pair[1],
      height > 0, width > 0
    {
      return Size(height, width)
    }
    throw ConfigError(key: key, "expected a number above 0 or two of them, found \(value.text)")
  }

  public mutating func initializer(_ key: String, default standard: Initializer) throws(ConfigError) -> Initializer {
    guard let value = value(key) else { return standard }
    do { return try Initializer(config: value) } catch { throw ConfigError(key: key, error.message) }
  }

  public mutating func regularizer(_ key: String) throws(ConfigError) -> Regularizer? {
    guard let value = value(key) else { return nil }
    do { return try Regularizer.reading(value) } catch { throw ConfigError(key: key, error.message) }
  }

  /// Says that a key is known and does not matter.
  public mutating func ignore(_ keys: String...) { known.formUnion(keys) }

  /// Refuses keys that nobody asked for.
  public func finish() throws(ConfigError) {
    guard let members = config.objectValue else { return }
    for key in ["kernel_constraint", "bias_constraint", "depthwise_constraint", "pointwise_constraint"] {
      if let value = members[key], !value.isNull, !read.contains(key) {
        throw ConfigError(key: key, "\(kind) supports no constraints here")
      }
    }
    if let stray = members.keys.first(where: { !known.contains($0) }) {
      let names = known.subtracting(Self.everywhere).union(read).sorted()
      throw ConfigError(
        key: stray, "\(kind) has no setting \"\(stray)\". \(Suggestion.sentence(for: stray, among: names))")
    }
  }

  private func missing<Value>(_ key: String, _ standard: Value?) throws(ConfigError) -> Value {
    if let standard { return standard }
    // Said by its own name, a misspelt setting is found at once.
    let strays = (config.objectValue?.keys.map { $0 } ?? []).filter { !known.contains($0) }
    if let stray = strays.first(where: { !Suggestion.near($0, among: [key]).isEmpty }) {
      throw ConfigError(key: stray, "\(kind) has no setting \"\(stray)\". Did you mean \"\(key)\"?")
    }
    throw ConfigError(key: key, "\(kind) needs the setting \"\(key)\"")
  }
}
