public import Images
public import JSON
public import Kernels
public import Layers
public import Tensors
public import Training

/// What a run is to do: the model, the pictures and the phases of training, as the user wrote it, with defaults filled in.
///
/// A recipe is only read, not checked against files; a `Plan` is the checked form.
public struct Recipe: Sendable {
  /// The file it came from, as the user named it; for messages.
  public var file: String
  /// The folder that relative paths are relative to.
  public var folder: String
  /// The seed of everything random: split, initialisation, order, augmentation, dropout.
  public var seed: UInt64
  public var model: ModelRecipe
  public var data: DataRecipe
  /// The loss; nil for the task's own.
  public var loss: (any Loss)?
  /// What a sample counts in the loss by its class.
  public var classWeights: ClassWeights?
  /// The metrics by Keras' names, with their settings; nil for the task's own. Resolved when the model is known.
  public var metrics: [JSONValue]?
  /// Penalties on all trained kernels: the loss carries `l1 · Σ |w| + l2 · Σ w²`.
  public var l1: Float
  public var l2: Float
  public var phases: [PhaseRecipe]
  /// For all phases that do not bring their own.
  public var earlyStopping: EarlyStopping?
  public var reduceLROnPlateau: ReduceLROnPlateau?
  /// What the frozen part of the model computes in.
  public var precision: Precision
  /// What training steps multiply, of whatever is trained or stands behind it. Weights, gradients, sums, statistics and what
  /// optimizers remember are always float32, and so is the evaluation of what is trained.
  public var trainingPrecision = Precision.float32
  /// When a run writes down where it stands.
  public var checkpoint: CheckpointRecipe
  /// Models that are written while the run goes on.
  public var save = SaveRecipe()
  /// What is written down while the run goes on.
  public var logs: LogRecipe
  /// Seconds after which the run ends with the best model so far, as if stopped by hand; nil for no limit.
  public var timeLimit: Double?
  /// What is kept of the frozen part, and where.
  public var cache: CacheRecipe
  /// Whether the model is written with what the optimizer remembers, so that a later run can go on.
  public var savesOptimizer = false
  /// The folder that the run writes to.
  public var output: String
}

/// How the values at the end of the frozen part are kept, in memory and from run to run.
public struct CacheRecipe: Hashable, Sendable {
  /// Whether they are kept on disk.
  public var isOnDisk = true
  /// The folder; nil for the user's own, `$XDG_CACHE_HOME/finetune`.
  public var directory: String?
  /// Bytes that the folder may take.
  public var limit = FeatureCache.standardLimit
  /// Bytes in memory; nil for half of the machine's.
  public var memoryLimit: Int?
  /// What the values are rounded to.
  public var precision = Precision.float32
  /// How many random changes of each picture are computed once and gone through in turn; nil to draw new ones in every
  /// epoch.
  public var views: Int?

  public init() {}
}

/// Where the model comes from and what is put on top of it.
public struct ModelRecipe: Sendable {
  public enum Source: Sendable {
    /// An architecture by name, with weights from a file or initialised.
    case architecture(name: String, alpha: Double?, weights: String?)
    /// A whole-model file.
    case file(String)
    /// Layers listed in the recipe.
    case layers([LayerRecipe])
  }

  public var source: Source
  /// Height and width of the input; nil for the model's own.
  public var inputSize: Size?
  /// 3, or 1 for grey pictures; nil for the model's own. A pretrained model's first convolution is adapted.
  public var channels: Int?
  /// What is put on top; nil for the task's own head, or the file's.
  public var head: HeadRecipe?
  /// What else is changed about the pretrained model.
  public var surgery: ModelSurgery
  /// A text file with the names of the classes that a pretrained model tells apart, one a line.
  public var labels: String?
  public var preprocessing: Preprocessing?
  /// Whether pixels are brought to mean 0 and standard deviation 1, channel by channel, with the numbers of the pictures that
  /// are trained on.
  public var standardizes = false
  /// How the tensors of a file of weights find their places.
  public var weightRules = WeightRules()
}

/// A layer as a recipe states it: Keras' class name and settings.
public struct LayerRecipe: Sendable {
  /// Where it stands in the recipe, for messages.
  public var path: String
  public var kind: String
  public var name: String?
  /// Names of the layers or inputs it is called on; nil for the one before it.
  public var inputs: [String]?
  public var config: JSONValue
}

/// The pictures.
public struct DataRecipe: Sendable {
  public enum Task: String, CaseIterable, Sendable {
    /// One class of several.
    case classification
    /// Any number of labels, each a yes or no of its own.
    case multiLabel = "multi_label"
    /// A number.
    case regression

    /// What is measured where nobody says what.
    var standardMetrics: [JSONValue] {
      switch self {
      case .classification: ["accuracy"]
      case .multiLabel: ["binary_accuracy"]
      case .regression: ["root_mean_squared_error"]
      }
    }
  }

  public enum Validation: Sendable {
    /// No validation.
    case none
    /// This part of the training pictures, the same part of every class.
    case fraction(Double)
    /// A folder or table of its own.
    case path(String)
    /// One fold of so many, from 1.
    case fold(Int, of: Int)
  }

  public var train: String
  public var validation: Validation
  /// Cross-validation, instead of a validation.
  public var folds: FoldsRecipe?
  public var task: Task
  /// Which of the pictures are used for what, and how often.
  public var options: DataOptions
  /// Pictures in a mini-batch. 1 is stochastic gradient descent; as many as there are pictures is batch gradient descent.
  public var batchSize: Int
  public var augment: [any Augmentation]
  /// What mixes the pictures and targets of a mini-batch after that.
  public var mixing: [any SampleMixing]
  /// How pictures are brought to the input's size, by Keras' names.
  public var interpolation: Interpolation
  /// How exactly JPEGs are decoded before that.
  public var decoding: Decoding
  /// The largest part of unreadable pictures with which a run still begins.
  public var unreadableLimit: Double
}

/// A stretch of training with its own trainable layers, optimiser and length.
public struct PhaseRecipe: Sendable {
  public enum Trained: Sendable {
    /// Layers whose path matches one of these patterns; everything else is frozen.
    case matching([String])
    /// Everything behind a layer; the layer and all its ancestors are frozen.
    case after(String)
    /// Everything.
    case all
  }

  public var name: String
  public var trained: Trained
  /// What thaws while the phase goes on; nil to leave all as it begins.
  public var unfreeze: UnfreezeRecipe?
  public var batchNorm: BatchNormPolicy?
  public var epochs: Int
  public var optimizer: any Optimizer
  /// Whether the optimizer goes on with what it remembers: of the phase before, or of the model's file.
  public var continuesOptimizer = false
  public var earlyStopping: EarlyStopping?
  public var reduceLROnPlateau: ReduceLROnPlateau?
  /// What the rate of each layer is multiplied by.
  public var layerRates: LayerRates
  /// The epoch after which the phase ends although its schedules were made for more; nil for the last one.
  public var lastEpoch: Int?
}
