public import Kernels
public import Tensors

/// The gradients of a loss with respect to a model's parameters.
public struct Gradients: Sendable {
  /// One place per parameter of the model, nil where it is not trained.
  public var tensors: [Tensor?]

  public init(parameterCount: Int) { tensors = Array(repeating: nil, count: parameterCount) }

  public subscript(parameter: Int) -> Tensor? {
    get { tensors[parameter] }
    set { tensors[parameter] = newValue }
  }
}

extension Model {
  /// One training pass: computes `wanted` from what is known, recording what backward needs and nothing else.
  ///
  /// The plain reference, layer by layer: `Execution`'s `TrainingProgram` computes the same, faster.
  ///
  /// Frozen layers run in inference mode. A node is recorded only if a trainable parameter stands at it or before it.
  /// - Parameters:
  ///   - known: the model's inputs, or the values at a boundary behind which everything is computed.
  ///   - random: refined by the path of each layer and the number of its call; give every step its own.
  ///   - sampleIDs: for each sample of the batch what tells it from the others.
  public func evaluate(
    _ wanted: [ValueID], from known: [ValueID: Tensor], random: RandomKey, sampleIDs: [UInt64], on device: Device
  ) -> ModelEvaluation {
    let path = nodes(to: wanted, from: Set(known.keys))
    let trainable = Set(trainableParameters)
    var needsGradient = Set<ValueID>()
    var values = known
    var uses = useCounts(path, wanted)
    var tape: [ModelEvaluation.Record] = []
    var statistics: [Int: Tensor] = [:]
    var calls: [Int: UInt64] = [:]

    for node in path {
      let instance = instances[node.instance]
      var needs: GradientNeeds = []
      if node.inputs.contains(where: needsGradient.contains) { needs.insert(.inputs) }
      if instance.parameters.contains(where: trainable.contains) { needs.insert(.parameters) }
      let inputs = node.inputs.map { take($0, values) }
      // A layer that is called again goes on from the statistics that its earlier call moved, with other random numbers.
      let numbers = instance.parameters.map { statistics[$0] ?? parameters[$0].value }
      let call = calls[node.instance, default: 0]
      calls[node.instance] = call + 1
      let mode = mode(ofInstance: node.instance)
      for input in node.inputs where uses[input, default: 0] > 0 {
        uses[input, default: 0] -= 1
        if uses[input] == 0 { values[input] = nil }
      }
      guard !needs.isEmpty || mode == .training else {
        values[node.output] = instance.layer(inputs, numbers, on: device)
        continue
      }
      let key = random.folding(instance.path)
      let context = Context(
        needs: needs, mode: mode, random: call == 0 ? key : key.folding(call), sampleIDs: sampleIDs, device: device)
      let evaluation = instance.layer.evaluate(inputs, numbers, in: context)
      values[node.output] = evaluation.output
      if !evaluation.statistics.isEmpty {
        let places = instance.parameters.filter { parameters[$0].role == .statistic }
        for (place, value) in zip(places, evaluation.statistics) { statistics[place] = value }
      }
      if !needs.isEmpty {
        needsGradient.insert(node.output)
        tape.append(
          ModelEvaluation.Record(
            inputs: node.inputs, output: node.output, parameters: Array(instance.parameters),
            pullback: evaluation.intoPullback()))
      }
    }
    return ModelEvaluation(
      outputs: wanted.map { take($0, values) }, statistics: statistics, tape: tape, wanted: wanted,
      needsGradient: needsGradient, parameterCount: parameters.count, device: device)
  }

  /// Takes over the statistics that moved in a pass.
  public mutating func apply(_ statistics: [(parameter: Int, value: Tensor)]) {
    for (parameter, value) in statistics {
      precondition(parameters[parameter].role == .statistic, "\(parameters[parameter].path) is no statistic")
      parameters[parameter].value = value
    }
  }
}
