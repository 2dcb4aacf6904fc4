package import Kernels
package import Layers
public import Tensors

/// What an optimiser remembers of every parameter it has moved, by the parameter's path.
///
/// A phase normally begins with an empty state, as Keras' guide compiles anew before fine-tuning. A state that is handed on
/// to the next phase keeps what belongs to parameters that were trained before; newly unfrozen ones begin at their own first
/// step. A state of another optimiser counts as empty.
public struct OptimizerState: Sendable {
  /// What is known of one parameter.
  public struct Entry: Sendable {
    /// How often it was moved.
    public package(set) var updates = 0
    /// One tensor per slot of the optimiser.
    public package(set) var slots: [Tensor]
  }

  /// The optimiser that the numbers belong to.
  public private(set) var optimizer = ""
  private var slotNames: [String] = []
  /// By the parameter's path.
  public private(set) var entries: [String: Entry] = [:]

  public init() {}

  /// Moves all parameters of `model` that have a gradient, in place.
  package mutating func move(
    _ model: inout Model, along gradients: Gradients, _ optimizer: any Optimizer, rate: Double, on device: Device
  ) {
    adopt(optimizer)
    for (index, gradient) in gradients.tensors.enumerated() {
      guard let gradient else { continue }
      let path = model.parameters[index].path
      // Taken out while it is written to, so that its memory has one user and is not copied.
      var entry =
        entries.removeValue(forKey: path)
        ?? Entry(slots: optimizer.slots.map { Tensor(repeating: $0.initial, gradient.shape) })
      entry.updates += 1
      optimizer.decay(&model.parameters[index].value, rate: rate)
      optimizer.move(
        &model.parameters[index].value, &entry.slots, along: gradient,
        OptimizerStep(rate: rate, update: entry.updates), on: device)
      entries[path] = entry
    }
  }

  private mutating func adopt(_ optimizer: any Optimizer) {
    let names = optimizer.slots.map(\.name)
    if self.optimizer != optimizer.name || slotNames != names { entries = [:] }
    self.optimizer = optimizer.name
    slotNames = names
  }
}

// MARK: - As named tensors

extension OptimizerState {
  /// What a file says of a state beside its tensors.
  struct Layout: Hashable, Sendable, Codable {
    var optimizer: String
    var slots: [String]
    /// By path, how often each parameter was moved.
    var updates: [String: Int]
  }

  /// This state as a layout and named tensors: `m/conv1/kernel` is the slot `m` of the parameter `conv1/kernel`.
  var stored: (layout: Layout, tensors: [(name: String, tensor: Tensor)]) {
    let layout = Layout(optimizer: optimizer, slots: slotNames, updates: entries.mapValues(\.updates))
    let tensors = entries.sorted { $0.key < $1.key }.flatMap { path, entry in
      zip(slotNames, entry.slots).map { (name: "\($0)/\(path)", tensor: $1) }
    }
    return (layout, tensors)
  }

  /// A stored state; nil if a tensor is missing.
  init?(_ layout: Layout, _ tensors: [String: Tensor]) {
    optimizer = layout.optimizer
    slotNames = layout.slots
    for (path, updates) in layout.updates {
      let slots = layout.slots.compactMap { tensors["\($0)/\(path)"] }
      guard slots.count == layout.slots.count else { return nil }
      entries[path] = Entry(updates: updates, slots: slots)
    }
  }
}
