public import Images
internal import KerasFormat
public import Layers
public import Tensors
public import Training

/// A recipe whose files, shapes, selectors and numbers were all checked, ready to run.
public struct Plan: Sendable {
  public internal(set) var recipe: Recipe
  /// The model as the first phase finds it: weights loaded, head initialised.
  public let model: Model
  public let preprocessing: Preprocessing
  public let inputSize: Size
  public let channels: Int
  /// The architecture that the backbone was recognised as or asked for.
  public let architecture: String?
  public let training: LabelledImages
  public let validation: LabelledImages?
  /// What the finished model is tested on, once.
  public let test: LabelledImages?
  /// The classes in the order of the model's outputs; empty for regression.
  public let labels: [String]
  public let loss: any Loss
  /// What a sample counts in the loss by its class; nil for 1.
  public let classWeights: [Float]?
  public let metrics: [any Metric]
  /// In their order. A phase that thaws layers as it goes on stands here once for each of its stages.
  public let phases: [PlannedPhase]
  /// What the optimizer of the first phase goes on from; nil where it begins with nothing.
  let savedTraining: SavedTraining?
  /// What was loaded from where, and what was ignored.
  public let notes: [String]
  /// Settings that contradict each other but can be run, each with its place and a remedy.
  public var warnings: [RecipeError.Problem] = []
  /// What became of the model's own classes, where they were carried over.
  public let classChange: ClassChange?
  /// With cross-validation a plan for each fold; else none.
  public internal(set) var folds: [Plan] = []

  /// The shape of one picture as the model takes it.
  public var inputShape: Shape { [inputSize.height, inputSize.width, channels] }

  /// How many fixed views a picture for training has in a phase; nil where nothing about it is random.
  var views: Int? { recipe.data.augment.isEmpty ? nil : recipe.cache.views }
}

/// A phase of a plan, or the stage of one that thaws layers as it goes on: which layers move, and where the frozen part ends.
public struct PlannedPhase: Sendable {
  public let recipe: PhaseRecipe
  /// The phase's place in the recipe, from 0.
  public let number: Int
  /// The epochs, from 0, in which the same layers are free; without unfreezing all of the phase.
  public let epochs: Range<Int>
  /// What thaws at the beginning of the stage, by name; empty where the phase begins.
  public let thawed: [String]
  /// The layers that are free in the end of the phase, as indices into `Model.instances`.
  public let trainedInTheEnd: Set<Int>
  public let earlyStopping: EarlyStopping?
  /// Indices into `Model.instances` of the layers that are not frozen.
  public let trained: Set<Int>
  public let batchNorm: BatchNormPolicy
  /// The values at which the frozen part ends; the model's input where nothing is frozen.
  public let boundary: [ValueID]
  /// Floats of one picture at the boundary.
  public let boundarySize: Int
  /// Whether a layer before the boundary was trained by an earlier phase, so that its values must be computed anew.
  public let followsChange: Bool
  public let trainableParameterCount: Int
  public let frozenParameterCount: Int

  /// Whether the phase goes on after this stage, with more layers.
  public var isFollowedByThaw: Bool { epochs.upperBound < recipe.epochs }

  /// Freezes and thaws a model for this phase.
  func configure(_ model: inout Model) {
    model.setTrained(trained)
    model.batchNormPolicy = batchNorm
  }
}
