/// The name of a stored tensor taken apart: the layer it belongs to, and what it is there.
///
/// Keras 3 writes `base/conv1/kernel`, Keras 2 `conv1/kernel:0` or, from a second model in the same session,
/// `conv1_1/kernel:0`, Keras 1 `conv1_W_1:0`.
struct TensorName: Hashable {
  /// The parts of the layer's path: `["base", "conv1"]`.
  var layer: [String]
  /// Today's name of the parameter, if it can be told: `kernel`.
  var role: String

  init(_ name: String) {
    var parts = name.split(separator: "/").map(String.init)
    var last = parts.popLast() ?? ""
    if let colon = last.lastIndex(of: ":"), last[last.index(after: colon)...].allSatisfy(\.isNumber) {
      last = String(last[..<colon])
    }
    if let known = Self.roles[last] ?? Self.roles[Self.withoutNumber(last)], !parts.isEmpty {
      layer = parts
      role = known
      return
    }
    // Keras 1 puts layer and role into one word. The longest role wins: "running_std" before "std".
    let word = Self.withoutNumber(last)
    for (suffix, known) in Self.roles.sorted(by: { ($1.key.count, $0.key) < ($0.key.count, $1.key) })
    where word.hasSuffix("_" + suffix) {
      layer = parts + [String(word.dropLast(suffix.count + 1))]
      role = known
      return
    }
    layer = parts
    role = last
  }

  /// Names of parameters in all versions, and today's. Keras 1's `running_std` holds the variance.
  private static let roles: [String: String] = {
    var roles = [
      "W": "kernel", "b": "bias", "running_mean": "moving_mean", "running_std": "moving_variance",
      "running_var": "moving_variance", "running_variance": "moving_variance",
    ]
    for name in [
      "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel", "pointwise_kernel",
      "alpha",
      "mean", "variance", "count",
    ] { roles[name] = name }
    return roles
  }()

  /// `kernel_1` → `kernel`
  private static func withoutNumber(_ word: String) -> String {
    guard let bar = word.lastIndex(of: "_"), word.index(after: bar) < word.endIndex,
      word[word.index(after: bar)...].allSatisfy(\.isNumber)
    else { return word }
    return String(word[..<bar])
  }
}
