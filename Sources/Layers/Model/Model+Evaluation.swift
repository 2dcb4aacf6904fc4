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

/// The outputs of a training pass and the way back from them.
///
/// Not copyable, and consumed by its pullback: the tape is taken apart as it runs, so that an activation lives no longer than
/// backward needs it.
public struct ModelEvaluation: ~Copyable {
  /// The values that were asked for.
  public let outputs: [Tensor]
  /// New values of the statistics that moved, by parameter index. They become the model's with `Model.apply`.
  public let statistics: [(parameter: Int, value: Tensor)]

  struct Record {
    var node: Node
    var parameters: Range<Int>
    var pullback: (consuming Tensor) -> LayerGradients
  }

  var tape: [Record]
  let wanted: [ValueID]
  let needsGradient: Set<ValueID>
  let parameterCount: Int
  let device: Device

  /// The gradients with respect to all trainable parameters, given those with respect to the outputs.
  public consuming func pullback(_ outputGradients: [Tensor]) -> Gradients {
    precondition(outputGradients.count == wanted.count, "one gradient per output")
    var gradients = Gradients(parameterCount: parameterCount)
    var flowing: [ValueID: Tensor] = [:]
    for (value, gradient) in zip(wanted, outputGradients) where needsGradient.contains(value) {
      Self.accumulate(gradient, into: &flowing[value], on: device)
    }
    while let record = tape.popLast() {
      guard let outputGradient = flowing.removeValue(forKey: record.node.output) else { continue }
      let found = record.pullback(outputGradient)
      for (value, gradient) in zip(record.node.inputs, found.inputs) where needsGradient.contains(value) {
        guard let gradient else { preconditionFailure("a layer owes the gradient of an input") }
        Self.accumulate(gradient, into: &flowing[value], on: device)
      }
      for (parameter, gradient) in zip(record.parameters, found.parameters) {
        guard let gradient else { continue }
        Self.accumulate(gradient, into: &gradients.tensors[parameter], on: device)
      }
    }
    return gradients
  }

  private static func accumulate(_ gradient: Tensor, into sum: inout Tensor?, on device: Device) {
    guard let known = sum.take() else {
      sum = gradient
      return
    }
    sum = device.add(known, gradient)
  }
}

extension Model {
  /// One training pass: computes `wanted` from what is known, recording what backward needs and nothing else.
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
            node: node, parameters: instance.parameters, pullback: evaluation.intoPullback()))
      }
    }
    return ModelEvaluation(
      outputs: wanted.map { take($0, values) },
      statistics: statistics.sorted { $0.key < $1.key }.map { (parameter: $0.key, value: $0.value) }, tape: tape,
      wanted: wanted,
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
