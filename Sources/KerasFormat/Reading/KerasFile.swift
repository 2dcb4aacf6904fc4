public import JSON
public import Layers

/// A file of Keras, open for reading: a whole model or weights alone, in any form that Keras 1 to 3 and tf.keras write.
///
/// What a file is is told from its content, never from its name. Opening reads names, shapes and configuration; tensors are
/// read when they are asked for. No file can make code run: layers are built only from the classes that this package knows.
public struct KerasFile: Sendable {
  public enum Content: Hashable, Sendable {
    /// Configuration and weights.
    case model
    /// Weights without the model they belong to.
    case weights
  }

  public let path: String
  public let format: KerasFileFormat
  /// The version of Keras that wrote the file, if it says so; Keras 1 and files of weights often do not.
  public let kerasVersion: String?
  /// `tensorflow`, `jax`, …
  public let backend: String?
  /// When it was written, if it says so.
  public let date: String?
  /// The model's architecture in Keras' form.
  public let modelConfig: JSONValue?
  /// Optimizer, loss and metrics, if the model was compiled, as this kind of file puts it.
  public let trainingConfig: JSONValue?
  /// What this package wrote about the model beyond what Keras knows.
  public let metadata: JSONValue?
  /// What is unusual about the file: a name that belongs to another format, members that nobody uses.
  public let oddities: [String]
  let storage: Storage
  /// The tensors of an optimizer's state, in Keras' order.
  let optimizer: StoredOptimizer?

  enum Storage: Sendable {
    /// Layers by name, in Keras' order.
    case named([StoredLayer])
    /// Layers by class and number.
    case keyed(KeyedWeights)
  }

  public var content: Content { modelConfig == nil ? .weights : .model }

  /// Whether the state of an optimizer is there.
  public var hasOptimizerState: Bool { optimizer != nil }

  /// All layers in the file's order, those without tensors among them. Keras 3's layout has no order: there they are sorted
  /// by class and number, and called by their names where the file knows them.
  public var layers: [StoredLayer] {
    switch storage {
    case .named(let layers): layers
    case .keyed(let weights):
      weights.layers.map { StoredLayer(name: $0.name ?? $0.key, tensors: $0.allTensors) }
    }
  }

  /// Opens a file and reads what it says about itself.
  public init(opening path: String) throws(KerasError) {
    let start = FileSignature.firstBytes(of: path, count: 16)
    if start.starts(with: FileSignature.zip) {
      try self.init(archive: path)
    } else if start.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{"),
      let shards = try ShardMap(at: path)
    {
      try self.init(shards)
    } else {
      try self.init(hdf5: path)
    }
  }

  init(
    path: String, format: KerasFileFormat, kerasVersion: String? = nil, backend: String? = nil, date: String? = nil,
    modelConfig: JSONValue? = nil, trainingConfig: JSONValue? = nil, metadata: JSONValue? = nil, storage: Storage,
    optimizer: StoredOptimizer? = nil, oddities: [String] = []
  ) {
    self.path = path
    self.format = format
    self.kerasVersion = kerasVersion
    self.backend = backend
    self.date = date
    self.modelConfig = modelConfig
    self.trainingConfig = trainingConfig
    self.metadata = metadata
    self.storage = storage
    self.optimizer = optimizer
    var oddities = oddities
    if let expected = KerasFileFormat(nameOf: path), expected != format,
      !(expected == .h5 && format == .legacyWeights)
    {
      oddities.insert(
        "the name is that of a file of another kind (\(expected.summary)); the content counts, here, but not in Keras",
        at: 0)
    }
    self.oddities = oddities
  }

  /// What carries our own metadata: an attribute of the root, or a key of `metadata.json`.
  static let metadataName = "finetune_metadata"

  /// The major version of the Keras that wrote the file; where a legacy file does not say it is 1, as Keras takes it.
  var majorVersion: Int { kerasVersion?.split(separator: ".").first.flatMap { Int($0) } ?? 1 }

  /// The layers as a model calls them, those of Keras 3's layout in the model's order.
  ///
  /// - Returns: and whether classes and numbers alone told what belongs where.
  func layers(for model: Model) -> (layers: [StoredLayer], byKey: Bool) {
    switch storage {
    case .named(let layers): return (layers, false)
    case .keyed(let weights):
      var resolution = KeyedResolution(model)
      let layers = resolution.layers(of: weights)
      return (layers, resolution.usesKeys)
    }
  }

  /// The layers as a model calls them and in its order, as far as the file leaves that open.
  public func layers(inOrderOf model: Model) -> [StoredLayer] { layers(for: model).layers }

  static func json(_ text: String, _ path: String, place: String) throws(KerasError) -> JSONValue {
    do throws(JSONSyntaxError) { return try JSONValue(parsing: text) } catch {
      throw KerasError(.damaged, file: path, place: place, "is no JSON: \(error)")
    }
  }
}

/// The tensors of an optimizer's state as a file holds them.
struct StoredOptimizer: Sendable {
  /// What it calls itself, where the file says that beside the tensors: `adam`.
  var name: String?
  /// In Keras' order. In legacy files they bear names.
  var variables: [StoredTensor]
  var isNamed: Bool
}
