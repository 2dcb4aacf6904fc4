import Tensors

// A state as named tensors, for files.

extension OptimizerState {
  /// What a file says of a state beside its tensors.
  struct Layout: Hashable, Sendable, Codable {
    var optimizer: String
    var slots: [String]
    /// How many batches it has seen.
    var batches: Int
    /// By path, how often each parameter was moved.
    var updates: [String: Int]
  }

  /// What an entry may hold beside its slots, by the names of its tensors.
  private static let gathered = "gathered"
  private static let average = "average"

  /// This state as a layout and named tensors: `momentum/conv1/kernel` is the slot `momentum` of the parameter `conv1/kernel`,
  /// `gathered/conv1/kernel` the sum of its waiting gradients, `average/conv1/kernel` its running average.
  var stored: (layout: Layout, tensors: [(name: String, tensor: Tensor)]) {
    let layout = Layout(
      optimizer: optimizer, slots: slotNames, batches: batches, updates: entries.mapValues(\.updates))
    let tensors = entries.sorted { $0.key < $1.key }.flatMap { path, entry in
      let slots = zip(slotNames, entry.slots).map { (name: "\($0)/\(path)", tensor: $1) }
      let others = [(Self.gathered, entry.gathered), (Self.average, entry.average)].compactMap { name, tensor in
        tensor.map { (name: "\(name)/\(path)", tensor: $0) }
      }
      return slots + others
    }
    return (layout, tensors)
  }

  /// A stored state; nil if a tensor is missing.
  init?(_ layout: Layout, _ tensors: [String: Tensor]) {
    var entries: [String: Entry] = [:]
    for (path, updates) in layout.updates {
      let slots = layout.slots.compactMap { tensors["\($0)/\(path)"] }
      guard slots.count == layout.slots.count else { return nil }
      entries[path] = Entry(
        updates: updates, slots: slots, gathered: tensors["\(Self.gathered)/\(path)"],
        average: tensors["\(Self.average)/\(path)"])
    }
    self.init(
      optimizer: layout.optimizer, slotNames: layout.slots, batches: layout.batches, entries: entries)
  }
}
