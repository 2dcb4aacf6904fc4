internal import Kernels
internal import Layers
internal import Tensors

/// A training program on its way forward: values that are still needed, and the tape.
struct TrainingRun {
  let device: Device
  let random: RandomKey
  let sampleIDs: [UInt64]
  /// The parameters' values by their indices in the model.
  private let numbers: [Int: Tensor]
  /// Whether there will be a way back.
  private let isRecorded: Bool
  private var values: [ValueID: SampleParts]
  /// Of values whose gradient one step makes alone.
  private var sums: [ValueID: GradientSums] = [:]
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
    values = known.mapValues { .tensor($0) }
  }

  func value(_ id: ValueID) -> SampleParts {
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
    let sumsBelow = step.inputs.first.flatMap { sums[$0] }
    release(step.releases.filter { $0 != step.output })
    switch step.work {
    case .layer(let call, let mode):
      layer(step, inputs.map { $0.whole(on: device) }, numbers, call: call, mode)
    case .convolution(let convolution, let activation):
      put(convolved(inputs[0], convolution, numbers, activation, step, on: device, sumsBelow: sumsBelow), for: step)
    case .pooledConvolution(let convolution, let activation, let window):
      let made = pooledConvolution(
        inputs[0], convolution, numbers, activation, window, step, on: device, sumsBelow: sumsBelow)
      put(made, for: step)
    case .normalization(let convolution, let layer, let activation, let mode):
      let normalization = TrainingNormalization(
        convolution: convolution, layer: layer, activation: activation, mode: mode, step: step, device: device,
        sumsBelow: sumsBelow)
      let (made, moved) = normalization(inputs, numbers)
      move(moved, of: step)
      put(made, for: step)
    }
    if step.releases.contains(step.output) { release([step.output]) }
  }

  mutating func release(_ released: [ValueID]) {
    for value in released { (values[value], sums[value]) = (nil, nil) }
  }

  mutating func put(_ tensor: Tensor, _ record: ModelEvaluation.Record) {
    values[record.output] = .tensor(tensor)
    if isRecorded { tape.append(record) }
  }

  private mutating func layer(
    _ step: TrainingStep, _ inputs: [Tensor], _ numbers: [Tensor], call: UInt64, _ mode: Context.Mode
  ) {
    guard !step.needs.isEmpty || mode == .training else {
      values[step.output] = .tensor(step.layer(inputs, numbers, on: device))
      return
    }
    let key = random.folding(step.path)
    let context = Context(
      needs: step.needs.union(.rows), mode: mode, random: call == 0 ? key : key.folding(call), sampleIDs: sampleIDs,
      device: device)
    let evaluation = step.layer.evaluate(inputs, numbers, in: context)
    let output = evaluation.output
    move(evaluation.statistics, of: step)
    put(StepOutput(value: .tensor(output), sums: nil, known: nil, pullback: evaluation.intoPullback()), for: step)
  }

  private mutating func move(_ moved: [Tensor], of step: TrainingStep) {
    for (place, value) in zip(step.statistics, moved) { statistics[place] = value }
  }

  private mutating func put(_ made: StepOutput, for step: TrainingStep) {
    values[step.output] = made.value
    guard isRecorded, !step.needs.isEmpty else { return }
    sums[step.output] = made.sums
    tape.append(
      ModelEvaluation.Record(
        inputs: step.inputs, output: step.output, parameters: step.parameters, known: made.known,
        pullback: made.pullback))
  }
}

/// What a step makes, and the way back.
struct StepOutput {
  let value: SampleParts
  /// Where the step that completes its gradient leaves the sums of it, if they are wanted and it can take them.
  let sums: GradientSums?
  /// What the way back adds the first input's gradient to.
  let known: KnownGradient?
  let pullback: (consuming Tensor) -> LayerGradients
}
