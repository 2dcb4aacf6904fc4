public import KerasFormat
internal import Layers

/// How the tensors of a file of weights find their places in an architecture, and which may go without.
///
/// Without rules names decide as far as they say anything, and every tensor on either side must find its counterpart.
public struct WeightRules: Hashable, Sendable {
  /// Patterns for layers that the file need not have: `head/*`, `block5_*`. They keep their initial values.
  public var allowMissing: [String] = []
  /// Patterns for layers of the file that the model need not have: `predictions`.
  public var allowUnused: [String] = []
  /// What alone may tell which tensor belongs where.
  public var method: WeightAssignment.Method?

  public init(allowMissing: [String] = [], allowUnused: [String] = [], method: WeightAssignment.Method? = nil) {
    self.allowMissing = allowMissing
    self.allowUnused = allowUnused
    self.method = method
  }

  /// The words for `method` in recipes and on the command line.
  public static let methods: [(name: String, value: WeightAssignment.Method)] = [
    ("by_name", .byName), ("by_order", .byOrder),
  ]

  /// The layers that may be missing in a model, of which the head may be no part yet.
  func missingLayers(withHead hasHead: Bool) -> [LayerSelector] {
    allowMissing.filter { hasHead || !$0.hasPrefix("head/") }.map { .matching($0) }
  }
}
