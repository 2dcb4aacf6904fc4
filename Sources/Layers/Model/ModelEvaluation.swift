package import Kernels
public import Tensors

/// The outputs of a training pass and the way back from them.
///
/// Not copyable, and consumed by its pullback: the tape is taken apart as it runs, so that an activation lives no longer than
/// backward needs it.
public struct ModelEvaluation: ~Copyable {
  /// The values that were asked for.
  public let outputs: [Tensor]
  /// New values of the statistics that moved, by parameter index. They become the model's with `Model.apply`.
  public let statistics: [(parameter: Int, value: Tensor)]

  /// The way back through one layer, or through several in one go.
  package struct Record {
    let inputs: [ValueID]
    package let output: ValueID
    let parameters: [Int]
    let known: KnownGradient?
    let pullback: (consuming Tensor) -> LayerGradients

    /// - Parameters:
    ///   - known: what the pullback adds the first input's gradient to; nil if it does not.
    ///   - pullback: gives a gradient, or nil, for each of `inputs` and each of `parameters`.
    package init(
      inputs: [ValueID], output: ValueID, parameters: [Int], known: KnownGradient? = nil,
      pullback: @escaping (consuming Tensor) -> LayerGradients
    ) {
      (self.inputs, self.output, self.parameters) = (inputs, output, parameters)
      (self.known, self.pullback) = (known, pullback)
    }
  }

  private var tape: [Record]
  private let wanted: [ValueID]
  private let needsGradient: Set<ValueID>
  private let parameterCount: Int
  private let device: Device

  /// - Parameters:
  ///   - tape: in the order of the forward pass.
  ///   - needsGradient: the values that something trained stands at or before.
  package init(
    outputs: [Tensor], statistics: [Int: Tensor], tape: [Record], wanted: [ValueID], needsGradient: Set<ValueID>,
    parameterCount: Int, device: Device
  ) {
    self.outputs = outputs
    self.statistics = statistics.sorted { $0.key < $1.key }.map { (parameter: $0.key, value: $0.value) }
    self.tape = tape
    self.wanted = wanted
    self.needsGradient = needsGradient
    self.parameterCount = parameterCount
    self.device = device
  }

  /// The gradients with respect to all trainable parameters, given those with respect to the outputs.
  public consuming func pullback(_ outputGradients: [Tensor]) -> Gradients {
    var gradients = Gradients(parameterCount: parameterCount)
    pullback(outputGradients) { parameter, gradient in gradients.tensors[parameter] = gradient }
    return gradients
  }

  /// The same, handing each parameter's gradient over as soon as it is complete.
  public consuming func pullback(
    _ outputGradients: [Tensor], deliver: (_ parameter: Int, _ gradient: consuming Tensor) -> Void
  ) {
    pullback(outputGradients, deliver: deliver) { parameter, rows in deliver(parameter, rows.whole()) }
  }

  /// The same, handing over what can be made in rows as it is.
  public consuming func pullback(
    _ outputGradients: [Tensor], deliver: (_ parameter: Int, _ gradient: consuming Tensor) -> Void,
    deliverRows: (_ parameter: Int, _ gradient: consuming GradientRows) -> Void
  ) {
    precondition(outputGradients.count == wanted.count, "one gradient per output")
    var flowing: [ValueID: Tensor] = [:]
    for (value, gradient) in zip(wanted, outputGradients) where needsGradient.contains(value) {
      Self.accumulate(gradient, into: &flowing[value], on: device)
    }
    var calls: [Int: Int] = [:]  // of a shared layer's parameters, those still to come
    for record in tape { for parameter in record.parameters { calls[parameter, default: 0] += 1 } }
    var sums: [Int: Tensor] = [:]
    while let record = tape.popLast() {
      let (inputs, parameters) = (record.inputs, record.parameters)
      var found = Self.goBack(consume record, &flowing)
      for (index, value) in inputs.enumerated() where found != nil && needsGradient.contains(value) {
        guard let gradient = found?.inputs[index].take() else {
          preconditionFailure("a layer owes the gradient of an input")
        }
        Self.accumulate(gradient, into: &flowing[value], on: device)
      }
      for (index, parameter) in parameters.enumerated() {
        calls[parameter, default: 1] -= 1
        if let rows = found?.rows.removeValue(forKey: index) {
          // A layer that is called once; the gradients of several calls are added up.
          if calls[parameter] == 0, sums[parameter] == nil {
            deliverRows(parameter, rows)
            continue
          }
          Self.accumulate(rows.whole(), into: &sums[parameter], on: device)
        } else if let gradient = found?.parameters[index].take() {
          Self.accumulate(gradient, into: &sums[parameter], on: device)
        }
        if calls[parameter] == 0, let sum = sums.removeValue(forKey: parameter) { deliver(parameter, sum) }
      }
    }
  }

  /// When it returns nothing holds what the record kept any more: parameters may be moved in place.
  private static func goBack(_ record: consuming Record, _ flowing: inout [ValueID: Tensor]) -> LayerGradients? {
    // Handed on, not shared: what goes back through a layer may be written to in its place.
    guard let gradient = flowing.removeValue(forKey: record.output) else { return nil }
    guard let known = record.known else { return record.pullback(consume gradient) }
    let input = record.inputs[0]
    known.tensor = flowing.removeValue(forKey: input)
    let found = record.pullback(consume gradient)
    if let rest = known.take() { flowing[input] = rest }
    return found
  }

  private static func accumulate(_ gradient: consuming Tensor, into sum: inout Tensor?, on device: Device) {
    guard var known = sum.take() else {
      sum = gradient
      return
    }
    // In place where nobody else holds one of the two.
    if known.hasOneUser() {
      device.add(gradient, to: &known)
    } else if gradient.hasOneUser() {
      device.add(known, to: &gradient)
      known = gradient
    } else {
      known = device.add(known, gradient)
    }
    sum = known
  }
}
