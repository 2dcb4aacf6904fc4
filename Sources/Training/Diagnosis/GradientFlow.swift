import Layers
import Tensors

/// How strongly the loss pulls at each trained kernel, and how far it moves: what makes vanishing and exploding gradients
/// visible.
///
/// Of every kernel the root mean square of its gradient, `√(Σ g² / n)`, averaged over the steps looked at, and the size of a
/// step against the weights, `√(Σ Δw² / Σ w²)`, which goes well around a thousandth. Saturating activations (sigmoid, tanh)
/// multiply the gradient by less than a quarter in every layer; behind ten of them nothing is left:
/// [Glorot & Bengio 2010](https://proceedings.mlr.press/v9/glorot10a.html).
public struct GradientFlow: Hashable, Sendable, Codable {
  /// One trained kernel, in the order of the model: first those near the pictures.
  public struct Row: Hashable, Sendable, Codable {
    /// `conv1/kernel`
    public let path: String
    /// Root mean square of the gradient, the mean over the steps looked at.
    public internal(set) var gradient: Double
    /// Size of a step against that of the weights, the mean over the steps looked at.
    public internal(set) var update: Double
    /// The steps looked at; fewer where the layer thawed later.
    public internal(set) var steps = 0
  }

  public enum Verdict: String, Hashable, Sendable {
    case vanishing = "vanishing gradients"
    case exploding = "exploding gradients"
    case healthy
  }

  public private(set) var rows: [Row] = []
  /// The steps looked at.
  public private(set) var steps = 0

  /// How much smaller than the last kernel's the first one's gradient may be; ten layers of ReLU stay within a hundredth.
  private static let leastShare = 1e-3
  /// A step larger than this share of the weights cannot end well.
  private static let largestUpdate = 0.5

  public init() {}

  /// Takes note of a step, by the sizes of its parts for each kernel.
  mutating func add(_ sizes: [Int: StepSize], of model: Model) {
    let kernels = Self.kernels(of: model).filter { sizes[$0] != nil }
    // Layers that thawed since the last step join, in the order of the model.
    let known = Dictionary(rows.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    rows = kernels.map { index in
      let path = model.parameters[index].path
      return known[path] ?? Row(path: path, gradient: 0, update: 0)
    }
    steps += 1
    for (position, index) in kernels.enumerated() {
      guard let size = sizes[index] else { continue }
      rows[position].steps += 1
      let share = 1 / Double(rows[position].steps)
      rows[position].gradient += (size.slope - rows[position].gradient) * share
      rows[position].update += (size.update - rows[position].update) * share
    }
  }

  /// The kernels that gradients are looked at for: no biases, γ or β, and none so large that a copy would be felt.
  static func kernels(of model: Model) -> [Int] {
    model.trainableParameters.filter {
      model.parameters[$0].shape.rank >= 2 && model.parameters[$0].shape.elementCount <= 16_000_000
    }
  }

  /// What the rows say together.
  public var verdict: Verdict {
    guard let first = rows.first, let last = rows.last else { return .healthy }
    if rows.contains(where: { !$0.gradient.isFinite || $0.update > Self.largestUpdate }) { return .exploding }
    return rows.count > 2 && first.gradient < Self.leastShare * last.gradient ? .vanishing : .healthy
  }

  /// The verdict with its figures and what may help.
  public var explanation: String {
    func figure(_ value: Double) -> String {
      guard value.isFinite, value != 0 else { return "\(value)" }
      var exponent = 0
      var digits = value
      while abs(digits) < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
      while abs(digits) >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
      digits = (digits * 10).rounded() / 10
      return exponent == 0 ? "\(digits)" : "\(digits)e\(exponent)"
    }
    guard let first = rows.first, let last = rows.last else { return "no kernel was trained" }
    switch verdict {
    case .vanishing:
      return
        "the gradient of \(first.path) is \(figure(first.gradient)), that of \(last.path) \(figure(last.gradient)): "
        + "the first layers learn next to nothing. ReLU instead of sigmoid or tanh, He's initialisation, batch normalisation "
        + "or residual connections help"
    case .exploding:
      guard let worst = rows.max(by: { $0.update < $1.update }) else { return "" }
      return "one step moves \(worst.path) by \(figure(worst.update)) of its size: a lower learning rate or clipped "
        + "gradients help"
    case .healthy:
      return "gradients from \(figure(first.gradient)) (\(first.path)) to \(figure(last.gradient)) (\(last.path))"
    }
  }
}
