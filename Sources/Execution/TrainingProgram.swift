public import Kernels
public import Layers
public import Tensors

/// A model, or a part of one between known and wanted values, prepared for training steps.
///
/// Layers that belong together are one step forward and one backward:
///
/// - batch normalisation, the addition of a residual and the activation behind it: the moments, then one pass forward; two
///   backward, in which what the activation lets through and the normalised numbers are computed again rather than kept;
/// - a convolution with its bias and activation, and with the zero padding in front of it;
/// - what a normalisation puts out for a convolution alone is not kept for the way back, but made again from its input; nor is
///   what a convolution of few channels puts out for a normalisation, if that one's output is kept;
/// - the first trained layers, if their images are large, run a few images at a time, and once more for the way back, unless
///   they need the whole batch for their statistics.
///
/// Gradients take the place of what they are made from where nobody else needs that. All other layers run by themselves. The
/// program knows which layers are frozen and what the policy for batch normalisation is, but no numbers: those are the model's
/// at each step. The plain reference is `Model.evaluate`. The results are the same numbers where no padding vanishes and no
/// layers run twice: those change the order of additions in gradients.
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
    self.init(model, from: known, to: wanted, segmentSparing: 1 << 20)
  }

  /// - Parameter least: the floats an image that must be spared for steps to run twice.
  package init(_ model: Model, from known: [ValueID: Shape], to wanted: [ValueID], segmentSparing least: Int) {
    let lowering = TrainingLowering(model, from: known, to: wanted)
    let found = lowering.segment(sparing: least)
    let steps = lowering.steps
    before = Array(steps[..<(found?.range.lowerBound ?? steps.count)])
    after = found.map { Array(steps[$0.range.upperBound...]) } ?? []
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
      outputs: wanted.map { run.value($0).tensor }, statistics: run.statistics, tape: run.tape, wanted: wanted,
      needsGradient: needsGradient, parameterCount: model.parameters.count, device: device)
  }
}
