public import Images
internal import JSON
internal import KerasFormat
public import Layers
public import Tensors

/// How a user names a model: a whole-model file, or an architecture with a file of weights, and what the file does not say.
public struct ModelReference: Sendable {
  /// The file with the model or its weights; empty for an architecture without weights, `imagenet` for the ones that Keras
  /// publishes.
  public var path: String
  public var architecture: String?
  /// The width multiplier of the MobileNets.
  public var alpha: Double?
  public var inputSize: Size?
  public var channels: Int?
  public var preprocessing: Preprocessing?
  /// How pictures are brought to the input's size.
  public var interpolation: Interpolation?
  /// How exactly JPEGs are decoded before that.
  public var decoding: Decoding?
  /// A text file with one class name a line.
  public var labelFile: String?
  /// How the tensors of a file of weights find their places.
  public var weightRules = WeightRules()
  /// Where published weights are looked for first.
  public var folder = "."

  public init(
    path: String, architecture: String? = nil, alpha: Double? = nil, inputSize: Size? = nil, channels: Int? = nil,
    preprocessing: Preprocessing? = nil, interpolation: Interpolation? = nil, decoding: Decoding? = nil,
    labelFile: String? = nil, weightRules: WeightRules = WeightRules()
  ) {
    self.path = path
    self.architecture = architecture
    self.alpha = alpha
    self.inputSize = inputSize
    self.channels = channels
    self.preprocessing = preprocessing
    self.interpolation = interpolation
    self.decoding = decoding
    self.labelFile = labelFile
    self.weightRules = weightRules
  }
}

/// A model with what is needed to show it pictures.
public struct LoadedModel: Sendable {
  public var model: Model
  public var preprocessing: Preprocessing
  /// How pictures are brought to the input's size; nil where neither the file nor the user says.
  public var interpolation: Interpolation?
  /// How exactly JPEGs are decoded before that.
  public var decoding = Decoding.exact
  public var inputSize: Size
  public var channels: Int
  /// The class names in the order of the outputs; nil where nobody knows them.
  public var labels: [String]?
  public var architecture: String?
  /// What changed the pictures that it learned from, as its recipe said; nil where the file does not know.
  var augment: JSONValue?
  /// What the optimizer remembered, if that was asked for and the file has it.
  var training: SavedTraining?
  /// What was loaded from where, and how the rest was decided.
  public var notes: [String]
}

/// A model that cannot be loaded as named.
public struct ModelLoadingError: ReportedError {
  public var category: ErrorCategory
  public var description: String

  init(_ description: String, category: ErrorCategory = .badData) {
    self.description = description
    self.category = category
  }
}
