internal import JSON
internal import Layers

/// Brings one layer of any version of Keras into the form that the layers read: today's class, today's keys.
struct LayerTranslation {
  /// Today's class name.
  let kind: String
  private let config: JSONValue
  private let majorVersion: Int

  init(kind: String, config: JSONValue, majorVersion: Int) {
    // "Custom>Name", as registered classes are written; "Merge" of Keras 1 says in its mode what it does.
    let plain = kind.split(separator: ">").last.map(String.init) ?? kind
    self.kind =
      plain == "Merge"
      ? Keras1Config.mergeKinds[config["mode"]?.stringValue ?? ""] ?? plain : Self.renamed[plain] ?? plain
    self.config = config
    self.majorVersion = majorVersion
  }

  /// Names of Keras 1, and Keras' own short forms.
  private static let renamed = [
    "Convolution2D": "Conv2D", "SeparableConvolution2D": "SeparableConv2D", "DepthwiseConvolution2D": "DepthwiseConv2D",
    "MaxPool2D": "MaxPooling2D", "AvgPool2D": "AveragePooling2D", "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D", "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization", "SyncBatchNormalization": "BatchNormalization",
  ]

  /// The settings in today's keys, without those that are null or belong to the instance.
  func translated() throws(ConfigError) -> JSONValue {
    guard var members = config.objectValue else {
      throw ConfigError("expected the settings of a layer, found \(config.kindName)")
    }
    if majorVersion < 2 { members = try Keras1Config.translated(members, kind: kind) }
    members = members.filter { !$0.value.isNull }
    if kind == "BatchNormalization", members["renorm"]?.boolValue != true {
      for key in ["renorm", "renorm_momentum", "renorm_clipping", "synchronized", "fused", "virtual_batch_size"] {
        members[key] = nil
      }
    }
    for key in ["activation", "recurrent_activation"] {
      guard let activation = members[key] else { continue }
      // {"class_name": "function", "config": "relu6", …} of Keras 3.
      let name = activation["class_name"] == "function" ? activation["config"] ?? activation : activation
      members[key] = majorVersion < 3 && name == "hard_sigmoid" ? "keras2_hard_sigmoid" : name
    }
    return .object(members)
  }
}
