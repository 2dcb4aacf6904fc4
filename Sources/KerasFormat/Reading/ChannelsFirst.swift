internal import JSON

/// Turns the description of a model whose images lie channel by channel, `[channels, height, width]`, into that of the same model
/// for images with the channels last, which is all that is computed here.
///
/// Kernels are the same in both forms from Keras 2 on. Where such a model flattens an image channel by channel, a `Permute` is put
/// in front, so that the weights behind it stay as they are. Where a chain of layers has the channels now first, now last, each
/// layer that has them first gets a `Permute` on either side.
struct ChannelsFirst {
  let file: String
  /// What was done, for the user; nil if nothing.
  private(set) var note: String?

  init(file: String) { self.file = file }

  /// The description with the channels last; as it is where they are last already.
  mutating func channelsLast(_ config: JSONValue) throws(KerasError) -> JSONValue {
    var formats = Set<String>()
    Self.collect(config, into: &formats)
    guard formats.contains("channels_first") else { return config }
    guard formats.contains("channels_last") else {
      note = "the model takes images with the channels first in Keras; here, and when written again, last"
      return try model(config)
    }
    let layers = config["config"]?["layers"]?.arrayValue ?? config["config"]?.arrayValue ?? []
    guard !layers.contains(where: { $0["config"]?["layers"] != nil }) else {
      throw KerasError(
        .unsupported, file: file, place: "model_config", "has layers with the channels first and layers with them last",
        remedy: "Build the model in Keras with data_format=\"channels_last\" throughout and copy the weights.")
    }
    note = "layers that have the channels first stand between two that permute, because others have them last"
    return wrapping(layers, of: config)
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
    if var object = settings.objectValue {
      object["build_input_shape"] = object["build_input_shape"].map(Self.shape)
      members["config"] = .object(object)
    }
    return Self.withLayers(layers, in: .object(members))
  }

  private static func withLayers(_ layers: [JSONValue], in value: JSONValue) -> JSONValue {
    guard var members = value.objectValue else { return value }
    if var settings = members["config"]?.objectValue {
      settings["layers"] = .array(layers)
      members["config"] = .object(settings)
    } else {
      members["config"] = .array(layers)
    }
    return .object(members)
  }

  /// The model with each layer that has the channels first between a layer that brings them to the end and one that brings them
  /// back. Who called that layer calls the last of the three.
  private func wrapping(_ layers: [JSONValue], of config: JSONValue) -> JSONValue {
    let names = Set(
      layers.filter { $0["config"]?["data_format"] == "channels_first" && $0["class_name"] != "Flatten" }.compactMap {
        $0["config"]?["name"]?.stringValue
      })
    var result: [JSONValue] = []
    for entry in layers {
      guard var members = entry.objectValue, var settings = members["config"]?.objectValue else { continue }
      if let nodes = members["inbound_nodes"] { members["inbound_nodes"] = Self.renamed(nodes, names) }
      guard let name = settings["name"]?.stringValue, names.contains(name) else {
        result.append(.object(members))
        continue
      }
      let (before, after) = (name + "_channels_last", name + "_channels_first")
      var first = Self.permute(before, [2, 3, 1], calls: members["inbound_nodes"])
      if let shape = settings.removeValue(forKey: "batch_input_shape"), var permute = first.objectValue {
        // A chain without an input layer says its shape at its first layer.
        permute["config"] = ["name": .string(before), "dims": [2, 3, 1], "batch_input_shape": shape]
        first = .object(permute)
      }
      settings["data_format"] = "channels_last"
      members["config"] = .object(settings)
      let calls = members["inbound_nodes"]?.arrayValue ?? []
      if members["inbound_nodes"] != nil { members["inbound_nodes"] = Self.calls(of: before, count: calls.count) }
      let last = Self.permute(
        after, [3, 1, 2], calls: members["inbound_nodes"].map { _ in Self.calls(of: name, count: calls.count) })
      result += [first, .object(members), last]
    }
    var wrapped = Self.withLayers(result, in: config)
    if var members = wrapped.objectValue, var settings = members["config"]?.objectValue,
      let outputs = settings["output_layers"]
    {
      settings["output_layers"] = Self.renamed(outputs, names)
      members["config"] = .object(settings)
      wrapped = .object(members)
    }
    return wrapped
  }

  private static func permute(_ name: String, _ dims: JSONValue, calls: JSONValue?) -> JSONValue {
    var entry: OrderedDictionary<String, JSONValue> = [
      "class_name": "Permute", "config": ["name": .string(name), "dims": dims],
    ]
    if let calls {
      entry["name"] = .string(name)
      entry["inbound_nodes"] = calls
    }
    return .object(entry)
  }

  /// One call for each call of a layer, on what it puts out.
  private static func calls(of name: String, count: Int) -> JSONValue {
    .array((0..<count).map { [[.string(name), .integer($0), 0, [:]]] })
  }

  /// References to some layers turned to those behind them: `["conv", 0, 0]`.
  private static func renamed(_ value: JSONValue, _ names: Set<String>) -> JSONValue {
    switch value {
    case .array(var elements):
      if elements.count >= 3, let name = elements[0].stringValue, names.contains(name), elements[1].intValue != nil {
        elements[0] = .string(name + "_channels_first")
        return .array(elements)
      }
      return .array(elements.map { renamed($0, names) })
    case .object(let members): return .object(members.mapValues { renamed($0, names) })
    default: return value
    }
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
    guard !isSequential else { return [Self.permute(name, [3, 1, 2], calls: nil), entry] }
    let calls = entry["inbound_nodes"]?.arrayValue ?? []
    flatten["inbound_nodes"] = Self.calls(of: name, count: calls.count)
    return [Self.permute(name, [3, 1, 2], calls: .array(calls)), .object(flatten)]
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
