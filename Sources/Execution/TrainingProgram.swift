public import Kernels
public import Layers
public import Tensors

/// A model, or a part of one between known and wanted values, prepared for training steps.
///
/// Layers that belong together are one step forward and one backward:
///
/// - batch normalisation, the convolution before it, the addition of a residual and the activation behind it: the moments, then
///   one pass forward; two backward, in which what the activation lets through and the normalised numbers are computed again
///   rather than kept;
/// - a convolution with its bias and activation, with the zero padding in front of it, and where the activation is a ReLU with the
///   maximum pool behind it.
///
/// What is large is not kept, or never made as a whole:
///
/// - what a normalisation puts out for a convolution alone is made from its input, a few images at a time, just before each
///   thread convolves them, and again for the kernel's gradient; and so is the gradient in front of a normalisation (but for
///   the convolutions in Winograd's tiles, which take whole batches);
/// - what a convolution of few channels puts out for a normalisation is convolved again if the output behind that is kept;
/// - the first trained layers, if their images are large, run a few images at a time, and once more for the way back, unless
///   they need the whole batch for their statistics.
///
/// Gradients take the place of what they are made from where nobody else needs that. All other layers run by themselves. The
/// program knows which layers are frozen and what the policy for batch normalisation is, but no numbers: those are the model's
/// at each step.
///
/// The plain reference is `Model.evaluate`. Outputs and statistics are the same numbers; gradients differ by the order of their
/// additions, in the order of 1e-6 of the largest; and that of a bias in front of a batch's statistics, which no number of the
/// output depends on, is zero and not rounding.
public struct TrainingProgram: Sendable {
  private let before, after: [TrainingStep]
  private let segment: TrainingSegment?
  private let wanted: [ValueID]
  private let needsGradient: Set<ValueID>

  /// - Parameters:
  ///   - known: the values from which everything is computed, with the shape of one sample each; of shapes that the layers
  ///     accept.
  ///   - wanted: the values that the loss is computed from.
  public init(_ model: Model, from known: [ValueID: Shape], to wanted: [ValueID]) {
    self.init(model, from: known, to: wanted, segmentSparing: 8 << 20)
  }

  /// - Parameter least: the floats an image that must be spared for steps to run twice.
  package init(_ model: Model, from known: [ValueID: Shape], to wanted: [ValueID], segmentSparing least: Int) {
    let lowering = TrainingLowering(model, from: known, to: wanted)
    let found = lowering.segment(sparing: least)
    let steps = lowering.steps
    before = TrainingStep.joiningPools(
      Array(steps[..<(found?.range.lowerBound ?? steps.count)]), shape: lowering.shape)
    after = found.map { TrainingStep.joiningPools(Array(steps[$0.range.upperBound...]), shape: lowering.shape) } ?? []
    segment = found?.segment
    needsGradient = lowering.needsGradient
    self.wanted = wanted
  }

  /// One step forward and, by the result's pullback, backward. The model itself does not change.
  ///
  /// - Parameters:
  ///   - model: as it was when the program was made, but for its parameters' values.
  ///   - known: the known values, `[batch, …]`.
  ///   - random: refined by the path of each layer and the number of its call; give every step its own.
  ///   - sampleIDs: for each sample of the batch what tells it from the others.
  public func evaluate(
    _ model: Model, from known: [ValueID: Tensor], random: RandomKey, sampleIDs: [UInt64], on device: Device
  ) -> ModelEvaluation {
    let steps = before + (segment?.steps ?? []) + after
    var numbers: [Int: Tensor] = [:]
    for step in steps { for parameter in step.parameters { numbers[parameter] = model.parameters[parameter].value } }
    var run = TrainingRun(numbers, known, random: random, sampleIDs: sampleIDs, on: device)
    for step in before { run.take(step) }
    if let segment { run.take(segment) }
    for step in after { run.take(step) }
    return ModelEvaluation(
      outputs: wanted.map { run.value($0).whole(on: device) }, statistics: run.statistics, tape: run.tape,
      wanted: wanted,
      needsGradient: needsGradient, parameterCount: model.parameters.count, device: device)
  }
}
