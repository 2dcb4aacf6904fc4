internal import JSON

/// Turns the description of a model whose images lie channel by channel, `[channels, height, width]`, into that of the same model
/// for images with the channels last, which is all that is computed here.
///
/// Kernels are the same in both forms from Keras 2 on. Where such a model flattens an image channel by channel, a `Permute` is put
/// in front, so that the weights behind it stay as they are.
struct ChannelsFirst {
  let file: String
  private(set) var isConverted = false

  init(file: String) { self.file = file }

  /// The description with the channels last; as it is where they are last already.
  mutating func channelsLast(_ config: JSONValue) throws(KerasError) -> JSONValue {
    var formats = Set<String>()
    Self.collect(config, into: &formats)
    guard formats.contains("channels_first") else { return config }
    guard !formats.contains("channels_last") else {
      throw KerasError(
        .unsupported, file: file, place: "model_config", "has layers with the channels first and layers with them last",
        remedy: "Build the model in Keras with data_format=\"channels_last\" throughout and copy the weights.")
    }
    isConverted = true
    return try model(config)
  }

  /// What layers say of the order. `Flatten` may say anything: it works on both.
  private static func collect(_ value: JSONValue, into formats: inout Set<String>) {
    let settings = value["config"] ?? .null
    for layer in settings["layers"]?.arrayValue ?? settings.arrayValue ?? [] { collect(layer, into: &formats) }
    guard value["class_name"] != "Flatten" else { return }
    if let format = settings["data_format"]?.stringValue { formats.insert(format) }
    if let order = settings["dim_ordering"]?.stringValue, order == "th" || order == "tf" {
      formats.insert(order == "th" ? "channels_first" : "channels_last")
    }
  }

  private func model(_ value: JSONValue) throws(KerasError) -> JSONValue {
    guard var members = value.objectValue else { return value }
    let isSequential = members["class_name"] == "Sequential"
    let settings = members["config"] ?? .null
    var layers: [JSONValue] = []
    for entry in settings["layers"]?.arrayValue ?? settings.arrayValue ?? [] {
      let kind = entry["class_name"]?.stringValue ?? ""
      if ModelConfigReader.isModel(kind) {
        layers.append(try model(entry))
      } else if kind == "Flatten", entry["config"]?["data_format"] != "channels_first" {
        layers += permuted(entry, isSequential: isSequential)
      } else {
        layers.append(try layer(entry, kind))
      }
    }
    if settings.arrayValue != nil {
      members["config"] = .array(layers)
    } else if var object = settings.objectValue {
      object["layers"] = .array(layers)
      object["build_input_shape"] = object["build_input_shape"].map(Self.shape)
      members["config"] = .object(object)
    }
    return .object(members)
  }

  private func layer(_ entry: JSONValue, _ kind: String) throws(KerasError) -> JSONValue {
    guard var members = entry.objectValue, var settings = members["config"]?.objectValue else { return entry }
    let place = "layer \"\(settings["name"]?.stringValue ?? "?")\" (\(kind))"
    guard !["Reshape", "Permute", "PReLU", "RepeatVector", "Dot"].contains(kind) else {
      throw KerasError(
        .unsupported, file: file, place: place, "depends on the order of an image's extents, with the channels first",
        remedy: "Build the model in Keras with data_format=\"channels_last\" and copy the weights.")
    }
    for key in ["batch_shape", "batch_input_shape", "input_shape"] {
      settings[key] = settings[key].map(Self.shape)
    }
    if settings["data_format"] != nil { settings["data_format"] = "channels_last" }
    if settings["dim_ordering"] != nil { settings["dim_ordering"] = "tf" }
    for key in ["axis", "concat_axis"] {
      guard let axis = settings[key] else { continue }
      let number = axis.intValue ?? (axis.arrayValue?.count == 1 ? axis.arrayValue?[0].intValue : nil)
      guard number == 1 || number == -1 else {
        throw KerasError(
          .unsupported, file: file, place: place, "works along the axis \(axis.text) of images with the channels first")
      }
      settings[key] = -1
    }
    members["config"] = .object(settings)
    return .object(members)
  }

  /// A `Flatten` and what brings the channels to the front for it.
  private func permuted(_ entry: JSONValue, isSequential: Bool) -> [JSONValue] {
    guard var flatten = entry.objectValue else { return [entry] }
    let name = (entry["name"]?.stringValue ?? entry["config"]?["name"]?.stringValue ?? "flatten") + "_channels_first"
    var permute: OrderedDictionary<String, JSONValue> = [
      "class_name": "Permute", "config": ["name": .string(name), "dims": [3, 1, 2]],
    ]
    if !isSequential {
      let calls = entry["inbound_nodes"]?.arrayValue ?? []
      permute["name"] = .string(name)
      permute["inbound_nodes"] = .array(calls)
      flatten["inbound_nodes"] = .array(
        calls.indices.map { call in
          let reference: JSONValue = [.string(name), .integer(call), 0]
          return calls[call].objectValue == nil
            ? [.array((reference.arrayValue ?? []) + [[:]])]
            : [
              "args": [["class_name": "__keras_tensor__", "config": ["keras_history": reference]]], "kwargs": [:],
            ]
        })
    }
    return [.object(permute), .object(flatten)]
  }

  /// `[null, 3, 224, 224]` → `[null, 224, 224, 3]`
  private static func shape(_ value: JSONValue) -> JSONValue {
    guard let extents = value.arrayValue else { return value }
    switch extents.count {
    case 4: return [extents[0], extents[2], extents[3], extents[1]]
    case 3 where !extents[0].isNull: return [extents[1], extents[2], extents[0]]
    default: return value
    }
  }
}
