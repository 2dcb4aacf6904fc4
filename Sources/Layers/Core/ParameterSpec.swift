public import Tensors

/// What a layer says of one of its parameters before it has a value.
public struct ParameterSpec: Hashable, Sendable {
  /// Keras' name inside the layer: `kernel`, `moving_mean`.
  public var name: String
  /// Keras' layout.
  public var shape: Shape
  public var role: ParameterRole
  public var initializer: Initializer
  /// The penalty that the loss carries for this parameter, if any.
  public var regularizer: Regularizer?
  /// Where this parameter must lie, if that is not everywhere.
  public var constraint: Constraint?

  public init(
    _ name: String, _ shape: Shape, role: ParameterRole = .weight, initializer: Initializer,
    regularizer: Regularizer? = nil, constraint: Constraint? = nil
  ) {
    self.name = name
    self.shape = shape
    self.role = role
    self.initializer = initializer
    self.regularizer = regularizer
    self.constraint = constraint
  }
}

/// What a parameter is for.
public enum ParameterRole: Hashable, Sendable {
  /// Moved by an optimiser, along a gradient, unless its layer is frozen.
  case weight
  /// Gathered from the data: the moving mean and variance of batch normalisation. No optimiser can ever touch it.
  case statistic
}
