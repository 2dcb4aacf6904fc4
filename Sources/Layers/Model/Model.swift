public import Tensors

/// A network: layers, how they are connected, and all its numbers. A value: a copy is a snapshot.
public struct Model: Sendable {
  /// The graph as Keras describes it; the first container is the model itself, the others stand inside it.
  public let containers: [Container]
  /// All layers, each once, in the order of the containers' members, nested ones in their place.
  public internal(set) var instances: [LayerInstance]
  /// All calls of layers, in an order in which they can be computed. Follows from the containers.
  public let nodes: [Node]
  /// The model's inputs, by name. Follows from the containers.
  public let inputs: [ModelInput]
  public let outputs: [ValueID]
  /// All parameters, layer by layer in the order of `instances`, in Keras' layout.
  public package(set) var parameters: [Parameter]
  /// What the layers that are not frozen do with batch normalisation in training.
  public var batchNormPolicy = BatchNormPolicy.affine

  /// The number of values that flow in one pass: inputs and one per node.
  public var valueCount: Int { inputs.count + nodes.count }

  /// The model's name.
  public var name: String { containers[0].name }
}

/// One value of the graph: an input of the model or the output of a node.
public struct ValueID: Hashable, Sendable, Comparable {
  public let index: Int

  init(_ index: Int) { self.index = index }

  public static func < (lhs: ValueID, rhs: ValueID) -> Bool { lhs.index < rhs.index }
}

/// An input of a model.
public struct ModelInput: Hashable, Sendable {
  public let name: String
  /// The shape of one sample, nil where an extent is open until execution.
  public let shape: [Int?]
  public let value: ValueID
}

/// A layer in a model.
public struct LayerInstance: Sendable {
  /// Unique in the model: the names of the models it stands in and its own, `base/conv1`.
  public let path: String
  /// The layer's own name, the end of its path. It may hold a slash: SqueezeNet's layers are called `fire2/squeeze1x1`.
  public let name: String
  public let layer: any Layer
  /// Where its parameters stand in `Model.parameters`.
  public let parameters: Range<Int>
  /// The part of an architecture that is frozen together, such as `block5`, if the architecture has such parts.
  public let group: String?
  /// Whether the layer belongs to what was pretrained or to what stands on top of it.
  public let section: ModelSection
  /// The one stored truth of freezing. Takes effect at once.
  public internal(set) var isFrozen: Bool
}

/// The two sections of a model for transfer learning.
public enum ModelSection: String, CaseIterable, Hashable, Sendable { case backbone, head }

/// A call of a layer.
public struct Node: Hashable, Sendable {
  /// Index into `Model.instances`.
  public let instance: Int
  public let inputs: [ValueID]
  public let output: ValueID
}

/// A named tensor of a model.
public struct Parameter: Sendable {
  /// The layer's path and Keras' name of the parameter: `base/conv1/kernel`.
  public let path: String
  public let role: ParameterRole
  public let regularizer: Regularizer?
  public let constraint: Constraint?
  public package(set) var value: Tensor

  public var shape: Shape { value.shape }
}

/// What layers of batch normalisation that are not frozen do in training.
public enum BatchNormPolicy: String, CaseIterable, Hashable, Sendable {
  /// Moving statistics, γ and β fixed: as if the layers were frozen.
  case frozen
  /// Moving statistics, γ and β trained: what Keras' guide recommends for fine-tuning.
  case affine
  /// The batch's statistics, which also move the moving ones; γ and β fixed.
  case statistics
  /// The batch's statistics, γ and β trained: what training from the start needs.
  case train
}
