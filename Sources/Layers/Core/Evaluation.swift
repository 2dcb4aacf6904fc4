public import Kernels
public import Tensors

/// What a layer may know beyond its inputs and parameters.
public struct Context: Sendable {
  /// Which gradients the pullback will be asked for.
  public var needs: GradientNeeds
  /// Whether layers that behave differently in training do so now.
  public var mode: Mode
  /// The key of this layer's random numbers in this step.
  public var random: RandomKey
  /// For every sample of the batch, what tells it from all others in this step. Randomness is drawn per sample from
  /// `random.folding(sampleIDs[i])`, so that it does not depend on how a batch is cut.
  public var sampleIDs: [UInt64]
  /// The kernels, the threads and the memory to use.
  public var device: Device

  public init(needs: GradientNeeds, mode: Mode, random: RandomKey, sampleIDs: [UInt64], device: Device) {
    self.needs = needs
    self.mode = mode
    self.random = random
    self.sampleIDs = sampleIDs
    self.device = device
  }

  public enum Mode: Hashable, Sendable {
    /// Batch normalisation uses its moving statistics, dropout passes everything.
    case inference
    /// Batch normalisation uses the batch and moves its statistics, dropout drops.
    case training
  }
}

/// The gradients that somebody will use.
public struct GradientNeeds: OptionSet, Hashable, Sendable {
  public let rawValue: Int

  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let inputs = GradientNeeds(rawValue: 1)
  public static let parameters = GradientNeeds(rawValue: 2)
  /// Those of large parameters may be given as `LayerGradients.rows`.
  public static let rows = GradientNeeds(rawValue: 4)
}

/// A layer's output and the way back from it.
///
/// Not copyable, and consumed by its pullback: what backward needs lives exactly until it has been used.
public struct Evaluation: ~Copyable {
  public let output: Tensor
  /// The new values of the layer's `.statistic` parameters, in their order; empty where nothing moves.
  public let statistics: [Tensor]
  private let back: (consuming Tensor) -> LayerGradients

  /// - Parameter pullback: takes the gradient with respect to the output and gives those with respect to inputs and
  ///   parameters. It may consume the tensor it is given.
  public init(
    output: Tensor, statistics: [Tensor] = [], pullback: @escaping (consuming Tensor) -> LayerGradients
  ) {
    self.output = output
    self.statistics = statistics
    back = pullback
  }

  /// The gradients that the context asked for.
  public consuming func pullback(_ outputGradient: consuming Tensor) -> LayerGradients { back(outputGradient) }

  /// The pullback, taken out, for a tape.
  package consuming func intoPullback() -> (consuming Tensor) -> LayerGradients { back }
}

/// The gradients of a layer: one place per input and per parameter, nil where none was asked for or none exists.
public struct LayerGradients {
  public var inputs: [Tensor?]
  public var parameters: [Tensor?]
  /// Gradients that are still to be made, by their place among the parameters, where there is nil then. Only where the context
  /// allowed it.
  public var rows: [Int: GradientRows]

  public init(inputs: [Tensor?], parameters: [Tensor?] = [], rows: [Int: GradientRows] = [:]) {
    self.inputs = inputs
    self.parameters = parameters
    self.rows = rows
  }
}
