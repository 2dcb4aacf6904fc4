internal import HDF5
internal import JSON
public import Layers
internal import Tensors

/// Writes models as legacy `.h5` files, which `keras.models.load_model` of Keras 3 and `tf_keras` load.
///
/// Equal models give equal bytes: there is no time and no path in the file. A file is written beside its place and moved there
/// when it is complete, so that a crash leaves the old one.
public enum KerasWriter {
  /// Writes a whole model with all we know of it. Frozen layers are written as not trainable.
  ///
  /// - Returns: what a user should know, such as names that had to change.
  @discardableResult
  public static func write(_ saved: SavedModel, to path: String) throws(KerasError) -> [String] {
    let names = FileNames(saved.model)
    var writer = GraphWriter(saved.model, names)
    let config: JSONValue
    do throws(ConfigError) { config = try writer.config() } catch {
      throw KerasError(.unsupported, file: path, "the model cannot be written: \(error)")
    }
    let version = writer.usesKeras2Activation ? keras2Version : keras3Version
    let metadata = Self.metadata(of: saved, writer.remembered)
    try AtomicFile.write(to: path) { root throws(HDF5Error) in
      try root.attributes.write("keras_version", string: version)
      try root.attributes.write("backend", string: backend)
      try root.attributes.write("model_config", string: config.text)
      try root.attributes.write(KerasFile.metadataName, string: metadata.text)
      try writeWeights(saved.model, names, version, to: try root.createGroup(at: "model_weights"))
    }
    var notes = [names.note].compactMap(\.self)
    if writer.usesKeras2Activation {
      notes.append("the model has Keras 2's hard_sigmoid; Keras 3 computes another function by that name")
    }
    return notes
  }

  /// Writes the parameters alone, for a model of the same layers: `model.load_weights(path)`.
  @discardableResult
  public static func writeWeights(_ model: Model, to path: String) throws(KerasError) -> [String] {
    let names = FileNames(model)
    try AtomicFile.write(to: path) { root throws(HDF5Error) in
      try writeWeights(model, names, keras3Version, to: root)
    }
    return [names.note].compactMap(\.self)
  }

  // The versions whose meaning of the configuration holds.
  private static let keras2Version = "2.15.0"
  private static let keras3Version = "3.0.0"
  private static let backend = "tensorflow"

  private static func metadata(of saved: SavedModel, _ remembered: RememberedLayers) -> JSONValue {
    var members: OrderedDictionary<String, JSONValue> = ["format": .integer(SavedModel.formatVersion)]
    if let architecture = saved.architecture { members["architecture"] = .string(architecture) }
    if let size = saved.inputSize { members["input_size"] = [.integer(size.height), .integer(size.width)] }
    if let preprocessing = saved.preprocessing { members["preprocessing"] = .string(preprocessing.name) }
    if let labels = saved.labels { members["labels"] = .array(labels.map { .string($0) }) }
    if !remembered.layers.isEmpty { members["layers"] = remembered.json }
    if !saved.metadata.isNull { members["more"] = saved.metadata }
    return .object(members)
  }

  /// One group per layer of the model, in the order of names; the tensors of a nested model are all in its group.
  private static func writeWeights(
    _ model: Model, _ names: FileNames, _ version: String, to group: HDF5Group
  ) throws(HDF5Error) {
    let root = model.containers[0]
    let order = root.kerasOrder()
    try ChunkedNames.write("layer_names", order.map { names.name(ofMember: $0, in: 0) }, to: group)
    try group.attributes.write("backend", string: backend)
    try group.attributes.write("keras_version", string: version)
    let paths = WrittenPaths(model, names)
    let members = Dictionary(uniqueKeysWithValues: model.weightedMembers.map { ($0.name, $0) })
    for member in order.sorted(by: { names.name(ofMember: $0, in: 0) < names.name(ofMember: $1, in: 0) }) {
      let layer = try group.createGroup(at: names.name(ofMember: member, in: 0))
      let parameters =
        members[root.members[member].name]?.parameters(of: model) { model.instances[$0].isFrozen } ?? []
      try ChunkedNames.write("weight_names", parameters.map { paths[$0] }, to: layer)
      for parameter in parameters {
        let value = model.parameters[parameter].value
        try unsafe value.withUnsafeElements { elements throws(HDF5Error) in
          _ = try unsafe layer.writeDataset(paths[parameter], floats: elements, shape: value.shape.dimensions)
        }
      }
    }
  }
}
