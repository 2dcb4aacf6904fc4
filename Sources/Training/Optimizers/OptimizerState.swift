package import Kernels
package import Layers
public import Tensors

/// What an optimiser remembers of every parameter it has moved, by the parameter's path.
///
/// A phase normally begins with an empty state, as Keras' guide compiles anew before fine-tuning. A state that is handed on
/// to the next phase keeps what belongs to parameters that were trained before; newly unfrozen ones begin at their own first
/// step. A state of another optimiser counts as empty.
///
/// It is a plain value that can be taken apart, kept and put together again: what follows is the same to the last bit.
public struct OptimizerState: Sendable {
  /// What is known of one parameter.
  public struct Entry: Sendable {
    /// How often it was moved.
    public var updates: Int
    /// One tensor per slot of the optimiser, in the order of `slotNames`.
    public var slots: [Tensor]
    /// The sum of the gradients that wait for the step they belong to.
    public var gathered: Tensor?
    /// The running average of the parameter.
    public var average: Tensor?

    public init(updates: Int = 0, slots: [Tensor], gathered: Tensor? = nil, average: Tensor? = nil) {
      self.updates = updates
      self.slots = slots
      self.gathered = gathered
      self.average = average
    }
  }

  /// The optimiser that the numbers belong to.
  public private(set) var optimizer: String
  /// What its slots are called, in Keras' order.
  public private(set) var slotNames: [String]
  /// How many batches it has seen.
  public private(set) var batches: Int
  /// By the parameter's path.
  public private(set) var entries: [String: Entry]

  public init(optimizer: String = "", slotNames: [String] = [], batches: Int = 0, entries: [String: Entry] = [:]) {
    self.optimizer = optimizer
    self.slotNames = slotNames
    self.batches = batches
    self.entries = entries
  }

  /// Moves all parameters of `model` that have a gradient, in place.
  ///
  /// - Parameter factors: what the rate is multiplied by, for each parameter of the model; nil for 1.
  package mutating func move(
    _ model: inout Model, along gradients: consuming Gradients, _ optimizer: any Optimizer, rate: Double,
    factors: [Double]? = nil, on device: Device
  ) {
    adopt(optimizer)
    let settings = optimizer.settings
    let isStep = (batches + 1) % settings.gradientAccumulationSteps == 0
    if settings.gradientAccumulationSteps > 1 {
      gather(&gradients, of: model, optimizer, isStep: isStep, on: device)
    }
    if isStep {
      settings.clipping?.clip(&gradients, on: device)
      for index in gradients.tensors.indices {
        guard let gradient = gradients.tensors[index].take() else { continue }
        move(&model, index, along: gradient, optimizer, rate: rate * (factors?[index] ?? 1), on: device)
      }
    }
    if let averaging = settings.averaging { average(&model, averaging, settings, on: device) }
    if isStep { constrain(&model) }
    batches += 1
  }

  /// Begins a step whose parameters are moved one by one, each as soon as its gradient is known, so that gradients are never
  /// all in memory. It goes on with `move(_:_:along:_:rate:on:)` and ends with `endStep`.
  ///
  /// - Precondition: `optimizer.settings.takesGradientsOneByOne`.
  package mutating func beginStep(_ optimizer: any Optimizer) {
    precondition(optimizer.settings.takesGradientsOneByOne, "\(optimizer.name) needs all gradients at once")
    adopt(optimizer)
  }

  /// Ends a step whose parameters were moved one by one.
  package mutating func endStep(_ model: inout Model) {
    constrain(&model)
    batches += 1
  }

  /// Moves one parameter.
  package mutating func move(
    _ model: inout Model, _ index: Int, along gradient: Tensor, _ optimizer: any Optimizer, rate: Double,
    on device: Device
  ) {
    withEntry(model.parameters[index].path, model.parameters[index].shape, optimizer) { entry in
      entry.updates += 1
      optimizer.decayAndMove(
        &model.parameters[index].value, &entry.slots, along: gradient,
        OptimizerStep(rate: rate, update: entry.updates), on: device)
    }
  }

  private func constrain(_ model: inout Model) {
    for index in model.trainableParameters {
      guard let constraint = model.parameters[index].constraint else { continue }
      constraint.apply(to: &model.parameters[index].value)
    }
  }

  /// The model with the running averages of its parameters in their place, where there are any.
  package func averaged(_ model: Model) -> Model {
    var model = model
    for index in model.trainableParameters {
      if let average = entries[model.parameters[index].path]?.average { model.parameters[index].value = average }
    }
    return model
  }

  /// Adds gradients to those that wait; for a step they become the mean of all.
  private mutating func gather(
    _ gradients: inout Gradients, of model: Model, _ optimizer: any Optimizer, isStep: Bool, on device: Device
  ) {
    let count = optimizer.settings.gradientAccumulationSteps
    for index in gradients.tensors.indices {
      guard var gradient = gradients.tensors[index].take() else { continue }
      withEntry(model.parameters[index].path, model.parameters[index].shape, optimizer) { entry in
        if let gathered = entry.gathered.take() { device.add(gathered, to: &gradient) }
        if isStep {
          device.scale(&gradient, by: 1 / Float(count))
          gradients.tensors[index] = gradient
        } else {
          entry.gathered = gradient
        }
      }
    }
  }

  private mutating func average(
    _ model: inout Model, _ averaging: WeightAveraging, _ settings: OptimizerSettings, on device: Device
  ) {
    let steps = batches / settings.gradientAccumulationSteps + 1
    let overwrites = averaging.overwriteFrequency.map { steps % $0 == 0 } ?? false
    for index in model.trainableParameters {
      let path = model.parameters[index].path
      guard var entry = entries.removeValue(forKey: path) else { continue }
      // Until its second step a parameter's average is the parameter.
      if entry.updates > 1, var average = entry.average.take() {
        var nothing: [Tensor] = []
        device.update(
          &average, &nothing, gradient: model.parameters[index].value,
          by: .runningAverage(momentum: averaging.momentum))
        entry.average = average
      } else {
        entry.average = model.parameters[index].value
      }
      if overwrites, let average = entry.average { model.parameters[index].value = average }
      entries[path] = entry
    }
  }

  /// Takes an entry out while it is written to, so that its memory has one user and is not copied.
  mutating func withEntry(
    _ path: String, _ shape: Shape, _ optimizer: any Optimizer, _ body: (inout Entry) -> Void
  ) {
    var entry =
      entries.removeValue(forKey: path)
      ?? Entry(slots: optimizer.slots.map { Tensor(repeating: $0.initial, optimizer.slotShape($0.name, of: shape)) })
    body(&entry)
    entries[path] = entry
  }

  private mutating func adopt(_ optimizer: any Optimizer) {
    let names = optimizer.slots.map(\.name)
    if self.optimizer != optimizer.name || slotNames != names { self = OptimizerState() }
    self.optimizer = optimizer.name
    slotNames = names
  }
}
