public import JSON
public import Layers
public import Tensors

/// A model with what is needed to use it: what a file holds.
public struct SavedModel: Sendable {
  public var model: Model
  /// How pixels become its input; nil where the file does not say, as files of Keras never do.
  public var preprocessing: Preprocessing?
  /// What its outputs stand for, in their order.
  public var labels: [String]?
  /// The height and width that pictures are scaled to.
  public var inputSize: Size?
  /// The name of the architecture it was made from.
  public var architecture: String?
  /// Anything else worth keeping: the phase, a hash of the recipe. An object, or null.
  public var metadata: JSONValue
  /// How it was compiled and what its optimizer remembers, if that was asked for and the file has it.
  public var training: SavedTraining?

  public init(
    model: Model, preprocessing: Preprocessing? = nil, labels: [String]? = nil, inputSize: Size? = nil,
    architecture: String? = nil, metadata: JSONValue = nil, training: SavedTraining? = nil
  ) {
    self.model = model
    self.preprocessing = preprocessing
    self.labels = labels
    self.inputSize = inputSize
    self.architecture = architecture
    self.metadata = metadata
    self.training = training
  }
}

extension SavedModel {
  /// The form of our metadata. Files of a later form are refused.
  static let formatVersion = 1

  /// Reads a whole-model file of Keras or of this package, with a report of what went where.
  ///
  /// - Parameter withTraining: whether the state of an optimizer is read as well, which may be twice as large as the model.
  public static func reading(
    _ path: String, withTraining: Bool = false
  ) throws(KerasError) -> (saved: SavedModel, report: WeightAssignment) {
    try KerasFile(opening: path).savedModel(withTraining: withTraining)
  }
}

extension KerasFile {
  /// The model in this file, with its weights, and a report of what went where.
  ///
  /// Layers that Keras marks as not trainable are frozen. Layer classes that are not known are refused by name.
  public func savedModel(
    withTraining: Bool = false
  ) throws(KerasError) -> (saved: SavedModel, report: WeightAssignment) {
    guard let modelConfig else {
      throw KerasError(
        .notAModel, file: path, "holds weights without a model",
        remedy: "Name the architecture that they belong to, or save the whole model with model.save(\"model.h5\").")
    }
    if let version = metadata?["format"]?.intValue, version > SavedModel.formatVersion {
      throw KerasError(
        .unsupported, file: path, place: Self.metadataName,
        "has form \(version); this version reads up to "
          + "\(SavedModel.formatVersion)", remedy: "Update this program.")
    }
    var reader = ModelConfigReader(
      file: path, majorVersion: majorVersion, remembered: RememberedLayers(metadata: metadata))
    let config = modelConfig.withLayersForOperations
    try UnknownLayers(in: config).refuse(path)
    var order = ChannelsFirst(file: path)
    let parts = try reader.parts(of: try order.channelsLast(config))
    let numberLimit = try storedNumberCount()
    var model: Model
    do throws(ModelError) {
      // Every parameter is assigned below, or the model is dropped.
      model = try Model(parts, initialization: .none, numberLimit: max(numberLimit, 1 << 28))
    } catch {
      throw KerasError(.unsupported, file: path, "the model cannot be built: \(error)")
    }
    var report = try model.loadWeights(from: self)
    report.notes = reader.notes + report.notes
    if let note = order.note { report.notes.append(note) }
    var saved = try described(model)
    if withTraining {
      let (training, note) = try training(for: model)
      saved.training = training
      if let note { report.notes.append(note) }
    } else if hasOptimizerState {
      report.notes.append("the state of the optimizer in the file was not read")
    }
    return (saved, report)
  }

  /// How many numbers the file declares. No memory is taken for a model that needs far more.
  private func storedNumberCount() throws(KerasError) -> Int {
    var total = 0
    for tensor in layers.lazy.flatMap(\.tensors) {
      let (sum, overflow) = total.addingReportingOverflow(tensor.shape.elementCount)
      guard !overflow, tensor.shape.elementCount < 1 << 30 else {
        throw KerasError(.damaged, file: path, place: tensor.path, "declares \(tensor.shape), which is too large")
      }
      total = sum
    }
    return total
  }

  /// The model with what our metadata says of it.
  private func described(_ model: Model) throws(KerasError) -> SavedModel {
    var saved = SavedModel(model: model)
    guard let metadata else { return saved }
    func refuse(_ key: String) -> KerasError {
      KerasError(.damaged, file: path, place: "\(Self.metadataName).\(key)", "is not understood")
    }
    if let name = metadata["preprocessing"]?.stringValue {
      guard let mode = Preprocessing(name: name) else { throw refuse("preprocessing") }
      saved.preprocessing = mode
    }
    if let labels = metadata["labels"]?.arrayValue {
      let texts = labels.compactMap(\.stringValue)
      guard texts.count == labels.count else { throw refuse("labels") }
      saved.labels = texts
    }
    if let size = metadata["input_size"]?.arrayValue {
      guard size.count == 2, let height = size[0].intValue, let width = size[1].intValue, height > 0, width > 0 else {
        throw refuse("input_size")
      }
      saved.inputSize = Size(height, width)
    }
    saved.architecture = metadata["architecture"]?.stringValue
    saved.metadata = metadata["more"] ?? nil
    return saved
  }
}
