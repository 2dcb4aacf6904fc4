import HDF5
import JSON
import Layers
import Tensors

/// A legacy HDF5 file, put together piece by piece so that it can be as odd as files are.
struct KerasFixture {
  struct Weight {
    var name: String
    var shape: [Int]
    var values: [Float]

    init(_ name: String, _ shape: [Int], _ values: [Float]) {
      self.name = name
      self.shape = shape
      self.values = values
    }

    /// A tensor full of one number, which tells where it went.
    init(_ name: String, _ shape: [Int], filledWith value: Float) {
      self.init(name, shape, Array(repeating: value, count: shape.reduce(1, *)))
    }
  }

  var config: JSONValue?
  var version: String? = "2.15.0"
  var layers: [(name: String, weights: [Weight])] = []
  /// Writes lists of names longer than this many as parts of as many.
  var namesPerAttribute = Int.max

  func write(to path: String) throws {
    let file = try HDF5File(creating: path)
    if let version { try file.root.attributes.write("keras_version", string: version) }
    if let config { try file.root.attributes.write("model_config", string: config.text) }
    let group = config == nil ? file.root : try file.root.createGroup(at: "model_weights")
    try write("layer_names", layers.map(\.name), to: group)
    for (name, weights) in layers {
      let layer = try group.createGroup(at: name)
      try write("weight_names", weights.map(\.name), to: layer)
      for weight in weights { try layer.writeDataset(weight.name, floats: weight.values, shape: weight.shape) }
    }
    try file.close()
  }

  private func write(_ name: String, _ names: [String], to group: HDF5Group) throws {
    if names.isEmpty { return try group.attributes.write(name, .floats([], shape: [0])) }
    if names.count <= namesPerAttribute { return try group.attributes.write(name, strings: names) }
    for (index, start) in stride(from: 0, to: names.count, by: namesPerAttribute).enumerated() {
      let part = Array(names[start..<min(start + namesPerAttribute, names.count)])
      try group.attributes.write("\(name)\(index)", strings: part)
    }
  }
}

// Short forms of Keras' configurations.
enum KerasConfig {
  static func model(
    _ kind: String = "Functional", _ name: String = "model", _ layers: [JSONValue], inputs: JSONValue? = nil,
    outputs: JSONValue? = nil
  ) -> JSONValue {
    var settings: OrderedDictionary<String, JSONValue> = ["name": .string(name), "layers": .array(layers)]
    settings["input_layers"] = inputs
    settings["output_layers"] = outputs
    return ["class_name": .string(kind), "config": .object(settings)]
  }

  static func input(_ name: String, _ shape: [Int]) -> JSONValue {
    [
      "class_name": "InputLayer", "name": .string(name), "inbound_nodes": [],
      "config": ["name": .string(name), "batch_input_shape": .array([.null] + shape.map { .integer($0) })],
    ]
  }

  /// A layer that is called once on other layers.
  static func layer(
    _ kind: String, _ name: String, _ settings: OrderedDictionary<String, JSONValue> = [:], on sources: [String] = []
  ) -> JSONValue {
    var members = settings
    members["name"] = .string(name)
    let references = sources.map { source -> JSONValue in [.string(source), 0, 0, [:]] }
    return [
      "class_name": .string(kind), "name": .string(name), "config": .object(members),
      "inbound_nodes": .array(references.isEmpty ? [] : [.array(references)]),
    ]
  }

  static func dense(_ name: String, _ units: Int, on source: String) -> JSONValue {
    layer("Dense", name, ["units": .integer(units)], on: [source])
  }
}

extension Model {
  /// The value of a parameter by its path.
  func value(_ path: String) -> Tensor? { parameters.first { $0.path == path }?.value }
}
