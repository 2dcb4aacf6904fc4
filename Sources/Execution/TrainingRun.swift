internal import Kernels
internal import Layers
internal import Tensors

/// A training program on its way forward: values that are still needed, and the tape.
struct TrainingRun {
  /// A value, and how backward comes by it.
  struct Value {
    let tensor: Tensor
    /// Makes it again; nil where the tensor is kept.
    var remake: (() -> Tensor)?

    /// What a way back keeps.
    var kept: () -> Tensor {
      if let remake { return remake }
      let tensor = tensor
      return { tensor }
    }
  }

  let device: Device
  let random: RandomKey
  let sampleIDs: [UInt64]
  /// The parameters' values by their indices in the model.
  private let numbers: [Int: Tensor]
  /// Whether there will be a way back.
  private let isRecorded: Bool
  private var values: [ValueID: Value]
  private(set) var statistics: [Int: Tensor] = [:]
  private(set) var tape: [ModelEvaluation.Record] = []

  init(
    _ numbers: [Int: Tensor], _ known: [ValueID: Tensor], random: RandomKey, sampleIDs: [UInt64], on device: Device,
    isRecorded: Bool = true
  ) {
    self.numbers = numbers
    self.random = random
    self.sampleIDs = sampleIDs
    self.device = device
    self.isRecorded = isRecorded
    values = known.mapValues { Value(tensor: $0) }
  }

  func value(_ id: ValueID) -> Value {
    guard let value = values[id] else { preconditionFailure("value \(id.index) is used before it is known") }
    return value
  }

  func number(_ parameter: Int) -> Tensor {
    // A layer that is called again goes on from the statistics that its earlier call moved.
    guard let number = statistics[parameter] ?? numbers[parameter] else {
      preconditionFailure("parameter \(parameter) is not there")
    }
    return number
  }

  mutating func take(_ step: TrainingStep) {
    let inputs = step.inputs.map(value)
    let numbers = step.parameters.map(number)
    release(step.releases.filter { $0 != step.output })
    switch step.work {
    case .layer(let call, let mode): layer(step, inputs.map(\.tensor), numbers, call: call, mode)
    case .convolution(let geometry, let activation):
      let made = convolution(geometry, inputs[0], numbers, activation, step, on: device)
      put((made.output, made.pullback), for: step, remake: made.remake)
    case .depthwise(let window, let activation):
      put(depthwise(window, inputs[0], numbers, activation, step, on: device), for: step)
    case .normalization(let layer, let activation, let mode):
      let made = normalization(layer, inputs, numbers, activation, mode, step, on: device)
      move(made.statistics, of: step)
      put((made.output, made.pullback), for: step, remake: made.remake)
    }
    if step.releases.contains(step.output) { release([step.output]) }
  }

  mutating func release(_ released: [ValueID]) { for value in released { values[value] = nil } }

  mutating func put(_ tensor: Tensor, _ record: ModelEvaluation.Record) {
    values[record.output] = Value(tensor: tensor)
    if isRecorded { tape.append(record) }
  }

  private mutating func layer(
    _ step: TrainingStep, _ inputs: [Tensor], _ numbers: [Tensor], call: UInt64, _ mode: Context.Mode
  ) {
    guard !step.needs.isEmpty || mode == .training else {
      values[step.output] = Value(tensor: step.layer(inputs, numbers, on: device))
      return
    }
    let key = random.folding(step.path)
    let context = Context(
      needs: step.needs, mode: mode, random: call == 0 ? key : key.folding(call), sampleIDs: sampleIDs, device: device)
    let evaluation = step.layer.evaluate(inputs, numbers, in: context)
    let output = evaluation.output
    move(evaluation.statistics, of: step)
    put((output, evaluation.intoPullback()), for: step)
  }

  private mutating func move(_ moved: [Tensor], of step: TrainingStep) {
    for (place, value) in zip(step.statistics, moved) { statistics[place] = value }
  }

  private mutating func put(
    _ made: (output: Tensor, pullback: (consuming Tensor) -> LayerGradients), for step: TrainingStep,
    remake: (() -> Tensor)? = nil
  ) {
    values[step.output] = Value(tensor: made.output, remake: remake)
    guard isRecorded, !step.needs.isEmpty else { return }
    tape.append(
      ModelEvaluation.Record(
        inputs: step.inputs, output: step.output, parameters: Array(step.parameters), pullback: made.pullback))
  }
}
