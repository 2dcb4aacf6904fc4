internal import HDF5
internal import JSON
public import Layers
internal import Tensors

/// Writes models as files of Keras: whole ones for `keras.models.load_model`, weights for `model.load_weights`.
///
/// Equal models give equal bytes: there is no time and no path in the file. A file is written beside its place and moved there
/// when it is complete, so that a crash leaves the old one.
public enum KerasWriter {
  /// Writes a whole model with all we know of it, or its weights alone, as the format has it. Frozen layers are written as
  /// not trainable.
  ///
  /// - Parameter shardByteLimit: how many bytes of tensors go into one file of weights in shards.
  /// - Returns: what a user should know, such as names that had to change.
  @discardableResult
  public static func write(
    _ saved: SavedModel, to path: String, format: KerasFileFormat = .h5, shardByteLimit: Int = 5 << 30
  ) throws(KerasError) -> [String] {
    if format.holdsWeightsAlone {
      return try writeWeights(
        saved.model, to: path, format: format, training: saved.training, shardByteLimit: shardByteLimit)
    }
    let names = FileNames(saved.model)
    var writer = GraphWriter(saved.model, names)
    let config: JSONValue
    do throws(ConfigError) { config = try writer.config() } catch {
      throw KerasError(.unsupported, file: path, "the model cannot be written: \(error)")
    }
    let metadata = saved.fileMetadata(writer.remembered)
    var notes = [names.note].compactMap(\.self)
    let training = try saved.training.map { training throws(KerasError) in
      try TrainingWriter(training, saved.model, names, file: path)
    }
    if format == .keras {
      if writer.usesKeras2Activation {
        throw KerasError(
          .unsupported, file: path, "the model has Keras 2's hard_sigmoid, which Keras 3 computes otherwise",
          remedy: "Write it as legacy HDF5, for Keras 2: a name that ends in .h5.")
      }
      try ArchiveWriter(saved: saved, names: names, config: config, metadata: metadata, training: training)
        .write(to: path)
      return notes
    }
    let version = writer.usesKeras2Activation ? keras2Version : keras3Version
    try AtomicFile.write(to: path) { root throws(HDF5Error) in
      try root.attributes.write("keras_version", string: version)
      try root.attributes.write("backend", string: backend)
      try root.attributes.write("model_config", string: config.text)
      try root.attributes.write(KerasFile.metadataName, string: metadata.text)
      if let training {
        try root.attributes.write("training_config", string: training.legacyConfig.text)
        try training.writeNamed(to: root)
      }
      try LegacyWriter.write(saved.model, names, version, to: try root.createGroup(at: "model_weights"))
    }
    if writer.usesKeras2Activation {
      notes.append("the model has Keras 2's hard_sigmoid; Keras 3 computes another function by that name")
    }
    return notes
  }

  /// Writes the parameters alone, for a model of the same layers: `model.load_weights(path)`.
  ///
  /// - Parameter training: the state of an optimizer, which `weightsH5` alone has a place for.
  @discardableResult
  public static func writeWeights(
    _ model: Model, to path: String, format: KerasFileFormat = .legacyWeights, training: SavedTraining? = nil,
    shardByteLimit: Int = 5 << 30
  ) throws(KerasError) -> [String] {
    let names = FileNames(model)
    let state = try training.map { training throws(KerasError) in
      try TrainingWriter(training, model, names, file: path)
    }
    switch format {
    case .weightsJSON: try ShardWriter(model, names, byteLimit: shardByteLimit).write(to: path)
    case .weightsH5, .keras:
      try AtomicFile.write(to: path) { root throws(HDF5Error) in
        try KeyedWriter(model, names).write(to: root)
        try state?.writeNumbered(to: root)
      }
    case .legacyWeights, .h5:
      try AtomicFile.write(to: path) { root throws(HDF5Error) in
        try LegacyWriter.write(model, names, keras3Version, to: root)
      }
    }
    return [names.note].compactMap(\.self)
  }

  // The versions whose meaning of the configuration holds.
  static let keras2Version = "2.15.0"
  static let keras3Version = "3.0.0"
  static let backend = "tensorflow"
}

extension SavedModel {
  /// What Keras does not keep, as it stands in a file.
  func fileMetadata(_ remembered: RememberedLayers) -> JSONValue {
    var members: OrderedDictionary<String, JSONValue> = ["format": .integer(Self.formatVersion)]
    if let architecture { members["architecture"] = .string(architecture) }
    if let inputSize { members["input_size"] = [.integer(inputSize.height), .integer(inputSize.width)] }
    if let preprocessing { members["preprocessing"] = .string(preprocessing.name) }
    if let labels { members["labels"] = .array(labels.map { .string($0) }) }
    if !remembered.layers.isEmpty { members["layers"] = remembered.json }
    if !metadata.isNull { members["more"] = metadata }
    return .object(members)
  }
}
