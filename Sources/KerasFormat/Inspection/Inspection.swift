internal import HDF5
public import JSON
internal import Layers
internal import Tensors
internal import Zip

/// What is in a file: of Keras, or of HDF5 or a zip archive of anybody. Nothing is built from it and nothing of it is run, so
/// that a file that cannot be loaded as a model can be looked at as well.
public struct Inspection: Sendable {
  public struct Layer: Hashable, Sendable {
    /// Its path in the model, `base/conv1`, or what the file calls it.
    public var name: String
    /// Keras' class name, where the file describes the model.
    public var kind: String?
    public var isTrainable: Bool?
  }

  public struct TensorEntry: Hashable, Sendable {
    /// The layer whose group it is in; nil outside of all layers.
    public var layer: String?
    /// Where it stands in the file.
    public var path: String
    public var shape: [Int]
    /// `float32`
    public var kind: String
    /// How it lies in the file: `contiguous`, `chunked, gzip`.
    public var layout: String?
  }

  public struct Optimizer: Hashable, Sendable {
    public var name: String?
    public var settings: JSONValue
    public var loss: JSONValue
    public var metrics: JSONValue
    /// How many steps it has taken; nil where the file keeps no state of it.
    public var iterations: Int?
    public var variableCount: Int
  }

  public var file: String
  /// What kind of file it is, in a few words.
  public var format: String
  public var kerasVersion: String?
  public var backend: String?
  public var date: String?
  /// The model's name and class, where it is described.
  public var model: (name: String, kind: String)?
  public var layers: [Layer] = []
  public var tensors: [TensorEntry] = []
  public var optimizer: Optimizer?
  /// What this package wrote about the model.
  public var metadata: JSONValue?
  /// What is unusual, and why it cannot be loaded, if so.
  public var notes: [String] = []

  /// Looks into a file.
  public init(of path: String) throws(KerasError) {
    do throws(KerasError) {
      try self.init(try KerasFile(opening: path))
    } catch {
      guard error.kind == .notAModel || error.kind == .unsupported || error.kind == .damaged else { throw error }
      guard var other = try? Inspection(foreign: path) else { throw error }
      other.notes.append("cannot be loaded: \(error.problem)")
      self = other
    }
  }

  private init(_ file: KerasFile) throws(KerasError) {
    self.file = file.path
    format = file.format.summary
    kerasVersion = file.kerasVersion
    backend = file.backend
    date = file.date
    metadata = file.metadata
    notes = file.oddities
    if let config = file.modelConfig {
      model = (config["config"]?["name"]?.stringValue ?? "", config["class_name"]?.stringValue ?? "?")
      layers = Self.layers(in: config, path: "")
      do throws(KerasError) { try UnknownLayers(in: config.withLayersForOperations).refuse(file.path) } catch {
        notes.append("cannot be loaded: \(error.problem)")
      }
    }
    for layer in file.layers { tensors += layer.tensors.map { TensorEntry($0, layer: layer.name) } }
    if layers.isEmpty { layers = file.layers.map { Layer(name: $0.name) } }
    let description = file.optimizerDescription
    if let state = file.optimizer {
      optimizer = Optimizer(
        name: (description.name ?? state.name)?.split(separator: ">").last.map(String.init),
        settings: description.config, loss: description.loss,
        metrics: description.metrics, iterations: try state.variables.first.map(Self.steps) ?? nil,
        variableCount: state.variables.count)
      tensors += state.variables.map { TensorEntry($0, layer: nil) }
    } else if let name = description.name {
      optimizer = Optimizer(
        name: name, settings: description.config, loss: description.loss, metrics: description.metrics, variableCount: 0
      )
    }
  }

  /// HDF5 and zip archives that are not Keras'.
  private init(foreign path: String) throws(KerasError) {
    file = path
    if FileSignature.firstBytes(of: path, count: 4) == FileSignature.zip {
      format = "zip archive"
      let archive = try zip { () throws(ZipError) in try ZipArchive(opening: path) }
      tensors = archive.members.map {
        TensorEntry(path: $0.name, shape: [$0.byteCount], kind: "bytes", layout: "\($0.method)")
      }
    } else {
      format = "HDF5, not of Keras"
      let root = try keras { () throws(HDF5Error) in try HDF5File(opening: path).root }
      tensors = try GroupTree(reading: root, path).allTensors.map { TensorEntry($0, layer: nil) }
    }
  }

  private static func steps(_ variable: StoredTensor) throws(KerasError) -> Int? {
    variable.shape.rank == 0 ? Int(exactly: try variable.read().scalar) : nil
  }

  private static func layers(in config: JSONValue, path: String) -> [Layer] {
    let settings = config["config"] ?? .null
    var found: [Layer] = []
    for entry in settings["layers"]?.arrayValue ?? settings.arrayValue ?? [] where path.utf8.count < 4096 {
      let name = path + (entry["name"]?.stringValue ?? entry["config"]?["name"]?.stringValue ?? "?")
      let kind = entry["class_name"]?.stringValue ?? "?"
      found.append(Layer(name: name, kind: kind, isTrainable: entry["config"]?["trainable"]?.boolValue))
      if ModelConfigReader.isModel(kind) { found += layers(in: entry, path: name + "/") }
    }
    return found
  }
}

extension Inspection.TensorEntry {
  fileprivate init(_ tensor: StoredTensor, layer: String?) {
    self.init(
      layer: layer, path: tensor.path, shape: tensor.shape.dimensions, kind: tensor.storedAs ?? "float32",
      layout: tensor.layout)
  }
}
