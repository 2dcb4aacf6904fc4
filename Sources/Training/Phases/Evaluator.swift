internal import Execution
public import Kernels
public import Layers
public import Tensors

/// Loss and metrics of a model in inference mode.
public struct Evaluator: Sendable {
  public let loss: any Loss
  public let metrics: [any Metric]
  public let batchSize: Int
  public let device: Device
  private let penalty: Penalty?

  /// - Parameter penalty: what the loss carries for the parameters, if anything.
  public init(
    loss: any Loss, metrics: [any Metric], batchSize: Int = 32, penalty: Penalty? = nil, on device: Device
  ) {
    precondition(batchSize >= 1, "a batch has at least one sample, not \(batchSize)")
    self.loss = loss
    self.metrics = metrics
    self.batchSize = batchSize
    self.penalty = penalty
    self.device = device
  }

  /// Loss and metrics as the epochs of a phase are validated with.
  init(_ settings: PhaseSettings, penalty: Penalty, on device: Device) {
    self.init(
      loss: settings.loss, metrics: settings.metrics, batchSize: settings.batchSize, penalty: penalty, on: device)
  }

  /// What `model` is worth on all samples of `source`; nil if it was stopped.
  ///
  /// - Parameters:
  ///   - progress: is told, after each batch, how many samples are done.
  ///   - inspect: is shown the outputs and targets of every batch.
  ///   - shouldStop: asked before every batch.
  /// - Throws: `TrainingError` if a picture cannot be read.
  public func evaluate(
    _ model: Model, on source: any BatchSource, progress: ((_ done: Int) -> Void)? = nil,
    inspect: ((_ outputs: Tensor, _ targets: Targets) -> Void)? = nil, shouldStop: @Sendable () -> Bool = { false }
  ) throws -> EvaluationResult? {
    precondition(model.outputs.count == 1, "only models with one output can be evaluated")
    var running = RunningResult(metrics)
    var compiled: (program: InferenceProgram, known: [ValueID])?
    let penalty = penalty?.value(model) ?? 0
    var pending: (any PendingBatch)?
    for start in stride(from: 0, to: source.count, by: batchSize) {
      if shouldStop() { return nil }
      let indices = Array(start..<min(source.count, start + batchSize))
      let values = try pending?.values(on: device) ?? source.batch(indices, epoch: 0, on: device)
      let next = start + batchSize
      pending =
        next < source.count
        ? source.begin(Array(next..<min(source.count, next + batchSize)), epoch: 0, on: device) : nil
      if compiled == nil {
        let known = values.keys.sorted()
        let program = try InferenceProgram(
          model, from: known, to: model.outputs, inputShapes: source.inputShapes, on: device)
        compiled = (program, known)
      }
      guard let (program, known) = compiled else { preconditionFailure("compiled above") }
      let outputs = program(known.compactMap { values[$0] }, on: device)[0]
      let targets = source.targets(indices, epoch: 0)
      running.add(loss: loss(outputs, targets) + penalty, outputs, targets)
      inspect?(outputs, targets)
      progress?(running.samples)
    }
    return running.result
  }
}
