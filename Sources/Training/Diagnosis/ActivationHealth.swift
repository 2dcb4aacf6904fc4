public import Kernels
public import Layers
public import Tensors

/// Units that no longer take part: rectified ones that never fire, and squashing ones that never leave their ends.
///
/// A unit is a channel. It is dead if it is zero at every place of every sample; it is saturated at a place where a sigmoid is
/// within 0.02 of 0 or 1, or a tanh within 0.04 of ±1, where the slope is under a twelfth of the largest.
public struct ActivationHealth: Hashable, Sendable {
  /// A layer with an activation that can die or saturate.
  public struct Row: Hashable, Sendable {
    public let path: String
    public let units: Int
    /// Units that were zero throughout; nil where the activation has no dead side.
    public let dead: Int?
    /// The share of numbers at an end; nil where the activation has no ends.
    public let saturated: Double?
    /// Whether the model ends with it. There the ends of the range are answers.
    public let isOutput: Bool
  }

  public let rows: [Row]
  /// How many samples were looked at.
  public let samples: Int

  /// Looks at all activations behind `known`, in inference mode.
  ///
  /// - Parameter known: the inputs of some samples, or their values at a boundary, each `[samples, …]`.
  public init(_ model: Model, from known: [ValueID: Tensor], on device: Device) {
    var counts = ActivationCounts(model, behind: Set(known.keys))
    counts.add(model, known, on: device)
    (rows, samples) = (counts.rows, counts.samples)
  }

  /// Looks at all activations behind what `source` gives, on samples from all over it; nil where no activation of these can
  /// die or saturate.
  ///
  /// - Parameter count: how many samples are looked at, 16 at a time.
  public init?(_ model: Model, on source: any BatchSource, samples count: Int = 64, device: Device) throws {
    let step = max(1, source.count / count)
    let chosen = Array(stride(from: 0, to: source.count, by: step).prefix(count))
    var counts: ActivationCounts?
    for start in stride(from: 0, to: chosen.count, by: 16) {
      let known = try source.batch(Array(chosen[start..<min(chosen.count, start + 16)]), epoch: 0, on: device)
      var next = counts ?? ActivationCounts(model, behind: Set(known.keys))
      guard !next.isEmpty else { return nil }
      next.add(model, known, on: device)
      counts = next
    }
    guard let counts else { return nil }
    (rows, samples) = (counts.rows, counts.samples)
  }

  /// What is worth saying; nil where all is well. A tenth of dead units, or half of all numbers at the ends, is.
  public var explanation: String? { explanation(since: nil) }

  /// What is worth saying of what has changed.
  ///
  /// - Parameter before: the same before training. Pretrained networks have dead units and saturated gates of their own, which
  ///   are nobody's mistake: they count only where they have become more by half of what is worth saying.
  public func explanation(since before: ActivationHealth?) -> String? {
    let earlier = Dictionary(
      (before?.rows ?? []).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    let dead = rows.filter { row in
      let (now, then) = (Double(row.dead ?? 0), Double(earlier[row.path]?.dead ?? 0))
      return now > 0 && now >= 0.1 * Double(row.units) && now - then >= 0.05 * Double(row.units)
    }
    let saturated = rows.filter { row in
      let (now, then) = (row.saturated ?? 0, earlier[row.path]?.saturated ?? 0)
      return !row.isOutput && now >= 0.5 && now - then >= 0.25
    }
    var parts: [String] = []
    if let worst = dead.max(by: { Double($0.dead ?? 0) / Double($0.units) < Double($1.dead ?? 0) / Double($1.units) }) {
      parts.append(
        "\(worst.dead ?? 0) of \(worst.units) units of \(worst.path) are dead (zero for all of \(samples) pictures)"
          + (dead.count > 1 ? ", and some in \(Self.others(dead.count - 1))" : "")
          + ": a lower learning rate or leaky ReLU helps")
    }
    if let worst = saturated.max(by: { ($0.saturated ?? 0) < ($1.saturated ?? 0) }) {
      let share = Int(((worst.saturated ?? 0) * 100).rounded())
      parts.append(
        "\(share) % of what \(worst.path) puts out stands at the ends of its range, where it hardly learns"
          + (saturated.count > 1 ? "; so it does in \(Self.others(saturated.count - 1))" : "")
          + ": smaller weights, batch normalisation or ReLU help")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ". ")
  }

  private static func others(_ count: Int) -> String { count == 1 ? "another layer" : "\(count) other layers" }
}

/// Counts over several batches.
private struct ActivationCounts {
  private struct Entry {
    var node: Node
    var kind: Squashing
    var fires: [Bool] = []
    var ends = 0
    var numbers = 0
  }

  private var entries: [Entry]
  private let model: Model
  private(set) var samples = 0

  init(_ model: Model, behind known: Set<ValueID>) {
    self.model = model
    entries = model.nodes(to: model.outputs, from: known).compactMap { node in
      Squashing(model.instances[node.instance].layer).map { Entry(node: node, kind: $0) }
    }
  }

  var isEmpty: Bool { entries.isEmpty }

  mutating func add(_ model: Model, _ known: [ValueID: Tensor], on device: Device) {
    samples += known.values.first?.shape[0] ?? 0
    let outputs = model.values(entries.map(\.node.output), from: known, on: device)
    for (index, output) in outputs.enumerated() {
      let units = output.shape[-1]
      if entries[index].fires.isEmpty { entries[index].fires = [Bool](repeating: false, count: units) }
      entries[index].numbers += output.count
      unsafe output.withUnsafeElements { elements in
        switch entries[index].kind {
        case .rectifying:
          for place in elements.indices where unsafe elements[place] != 0 { entries[index].fires[place % units] = true }
        case .between(let low, let high):
          let margin = 0.02 * (high - low)
          entries[index].ends += unsafe elements.count { $0 < low + margin || $0 > high - margin }
        }
      }
    }
  }

  var rows: [ActivationHealth.Row] {
    entries.map { entry in
      let isRectifying = if case .rectifying = entry.kind { true } else { false }
      return ActivationHealth.Row(
        path: model.instances[entry.node.instance].path, units: entry.fires.count,
        dead: isRectifying ? entry.fires.count { !$0 } : nil,
        saturated: isRectifying ? nil : Double(entry.ends) / Double(max(1, entry.numbers)),
        isOutput: model.outputs.contains(entry.node.output))
    }
  }
}

/// An activation that can stop learning.
private enum Squashing {
  /// Zero on one side.
  case rectifying
  /// Between two ends.
  case between(Float, Float)

  init?(_ layer: any Layer) {
    guard let function = layer.activationFunction else { return nil }
    switch function {
    case .relu(_, let slope, _) where slope == 0: self = .rectifying
    case .sigmoid: self = .between(0, 1)
    case .tanh: self = .between(-1, 1)
    default: return nil
    }
  }
}

extension Layer {
  /// The activation that the layer ends with, if it has one.
  fileprivate var activationFunction: ActivationFunction? {
    switch self {
    case let layer as any ActivationLayer: layer.function
    case let layer as any ConvolutionLayer: layer.activation
    case let layer as Dense: layer.activation
    default: nil
    }
  }
}
