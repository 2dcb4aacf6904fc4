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
  }

  public let rows: [Row]

  /// Looks at all activations behind `known`, in inference mode.
  ///
  /// - Parameter known: the inputs of some samples, or their values at a boundary, each `[samples, …]`.
  public init(_ model: Model, from known: [ValueID: Tensor], on device: Device) {
    let nodes = model.nodes(to: model.outputs, from: Set(known.keys)).compactMap { node in
      Squashing(model.instances[node.instance].layer).map { (node, $0) }
    }
    let outputs = model.values(nodes.map(\.0.output), from: known, on: device)
    rows = zip(nodes, outputs).map { entry, output in
      Self.row(model.instances[entry.0.instance].path, entry.1, output)
    }
  }

  private static func row(_ path: String, _ kind: Squashing, _ output: Tensor) -> Row {
    let units = output.shape[-1]
    return unsafe output.withUnsafeElements { elements in
      switch kind {
      case .rectifying:
        var fires = [Bool](repeating: false, count: units)
        for index in elements.indices where unsafe elements[index] != 0 { fires[index % units] = true }
        return Row(path: path, units: units, dead: fires.count { !$0 }, saturated: nil)
      case .between(let low, let high):
        let margin = 0.02 * (high - low)
        let ends = unsafe elements.count { $0 < low + margin || $0 > high - margin }
        return Row(path: path, units: units, dead: nil, saturated: Double(ends) / Double(max(1, elements.count)))
      }
    }
  }

  /// What is worth saying; nil where all is well. A tenth of dead units, or half of all numbers at the ends, is.
  public var explanation: String? {
    let dead = rows.filter { Double($0.dead ?? 0) >= 0.1 * Double($0.units) && ($0.dead ?? 0) > 0 }
    let saturated = rows.filter { ($0.saturated ?? 0) >= 0.5 }
    var parts: [String] = []
    if let worst = dead.max(by: { Double($0.dead ?? 0) / Double($0.units) < Double($1.dead ?? 0) / Double($1.units) }) {
      parts.append(
        "\(worst.dead ?? 0) of \(worst.units) units of \(worst.path) are dead (zero for every picture)"
          + (dead.count > 1 ? ", and some in \(dead.count - 1) other layers" : "")
          + ": a lower learning rate or leaky ReLU helps")
    }
    if let worst = saturated.max(by: { ($0.saturated ?? 0) < ($1.saturated ?? 0) }) {
      let share = Int(((worst.saturated ?? 0) * 100).rounded())
      parts.append(
        "\(share) % of what \(worst.path) puts out stands at the ends of its range, where it hardly learns"
          + (saturated.count > 1 ? "; so it does in \(saturated.count - 1) other layers" : "")
          + ": smaller weights, batch normalisation or ReLU help")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ". ")
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
