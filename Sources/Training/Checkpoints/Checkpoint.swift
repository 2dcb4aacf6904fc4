public import Layers
public import Tensors

/// A run between two of its batches: everything that is not in its recipe and its pictures.
public struct Checkpoint: Sendable {
  /// Stands for what the run was started with; only the same run can go on from here.
  public var fingerprint: RunFingerprint
  /// The phase (from 0) that `state` belongs to.
  public var phase: Int
  /// What the phases before it did.
  public var finished: [PhaseResult]
  public var state: TrainingState
  /// By path, the parameters that any phase of the run may move.
  public var parameters: [String: Tensor]

  /// - Parameter movable: the indices of all parameters that any phase of the run may move.
  public init(
    fingerprint: RunFingerprint, phase: Int, finished: [PhaseResult], state: TrainingState, model: Model, movable: [Int]
  ) {
    self.fingerprint = fingerprint
    self.phase = phase
    self.finished = finished
    self.state = state
    parameters = Dictionary(
      uniqueKeysWithValues: movable.map { (model.parameters[$0].path, model.parameters[$0].value) })
  }

  /// Gives `model` the parameters as they were.
  ///
  /// - Throws: `CheckpointError` if the model has no such parameters; it is then as it was.
  public func restore(_ model: inout Model, from path: String) throws(CheckpointError) {
    var restored = model
    var left = parameters
    for index in model.parameters.indices {
      guard let value = left.removeValue(forKey: model.parameters[index].path) else { continue }
      guard value.shape == model.parameters[index].shape else {
        throw CheckpointError(
          path: path,
          "holds \(model.parameters[index].path) as \(value.shape), the model has \(model.parameters[index].shape)")
      }
      restored.parameters[index].value = value
    }
    if let stranger = left.keys.min() {
      throw CheckpointError(path: path, "holds \(stranger), which the model does not have")
    }
    model = restored
  }
}

// MARK: - As a file

extension Checkpoint {
  private struct Header: Codable {
    struct Best: Codable {
      var epoch: Int
      var parameters: [Int]
    }
    var fingerprint: RunFingerprint
    var phase: Int
    var finished: [PhaseResult]
    var epoch: Int
    var batch: Int
    var step: Int
    var learningRate: Double
    var running: RunningResult.Sums
    var records: [EpochRecord]
    var monitored: BestEpoch.Seen
    var plateau: Plateau.Seen
    var gradientFlow: GradientFlow
    var seconds: Double
    var best: Best?
    var previous: Best?
    var optimizer: OptimizerState.Layout
  }

  /// Writes all of it to a file; see `TensorArchive`.
  public func write(to path: String) throws(CheckpointError) {
    let (layout, slots) = state.optimizer.stored
    let header = Header(
      fingerprint: fingerprint, phase: phase, finished: finished, epoch: state.epoch, batch: state.batch,
      step: state.step, learningRate: state.learningRate, running: state.running, records: state.records,
      monitored: state.monitored, plateau: state.plateau, gradientFlow: state.gradientFlow, seconds: state.seconds,
      best: state.best.map { Header.Best(epoch: $0.epoch, parameters: $0.parameters.keys.sorted()) },
      previous: state.previous.map { Header.Best(epoch: $0.epoch, parameters: $0.parameters.keys.sorted()) },
      optimizer: layout)
    let parameters = self.parameters.sorted { $0.key < $1.key }.map { (name: "parameters/" + $0.key, tensor: $0.value) }
    func snapshot(_ name: String, _ values: [Int: Tensor]?) -> [(name: String, tensor: Tensor)] {
      (values ?? [:]).sorted { $0.key < $1.key }.map { (name: "\(name)/\($0.key)", tensor: $0.value) }
    }
    let best = snapshot("best", state.best?.parameters) + snapshot("previous", state.previous?.parameters)
    let optimizer = slots.map { (name: "optimizer/" + $0.name, tensor: $0.tensor) }
    try TensorArchive.write(header, parameters + best + optimizer, to: path)
  }

  /// Reads a file and checks all of it.
  public init(contentsOf path: String) throws(CheckpointError) {
    let (header, tensors) = try TensorArchive.read(Header.self, from: path)
    func part(_ prefix: String) -> [String: Tensor] {
      let own = tensors.filter { $0.key.hasPrefix(prefix) }
      return Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    }
    let incomplete = CheckpointError(path: path, "is not complete")
    fingerprint = header.fingerprint
    phase = header.phase
    finished = header.finished
    parameters = part("parameters/")
    guard let optimizer = OptimizerState(header.optimizer, part("optimizer/")) else { throw incomplete }
    state = TrainingState(optimizer: optimizer)
    state.epoch = header.epoch
    state.batch = header.batch
    state.step = header.step
    state.learningRate = header.learningRate
    state.running = header.running
    state.records = header.records
    state.monitored = header.monitored
    state.plateau = header.plateau
    state.gradientFlow = header.gradientFlow
    state.seconds = header.seconds
    func snapshot(_ name: String, _ kept: Header.Best?) throws(CheckpointError) -> (Int, [Int: Tensor])? {
      guard let kept else { return nil }
      let values = part(name + "/")
      var parameters: [Int: Tensor] = [:]
      for index in kept.parameters {
        guard let value = values["\(index)"] else { throw incomplete }
        parameters[index] = value
      }
      return (kept.epoch, parameters)
    }
    state.best = try snapshot("best", header.best)
    state.previous = try snapshot("previous", header.previous)
  }
}
