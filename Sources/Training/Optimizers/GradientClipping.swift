import JSON
import Kernels
import Layers
import Tensors

/// What is done to gradients that are too long: Keras' `clipnorm`, `global_clipnorm` and `clipvalue`, one of them at most.
///
/// See [Pascanu et al. 2012](https://arxiv.org/abs/1211.5063).
public enum GradientClipping: Hashable, Sendable {
  /// Every parameter's gradient on its own is shortened to this length: `g · limit / max(‖g‖, limit)`.
  case norm(Float)
  /// All gradients together are shortened to this length, all by the same factor, so that their direction stays.
  case globalNorm(Float)
  /// Every number is taken from `[−limit, limit]`.
  case value(Float)

  /// Keras' key.
  var key: String {
    switch self {
    case .norm: "clipnorm"
    case .globalNorm: "global_clipnorm"
    case .value: "clipvalue"
    }
  }

  var limit: Float {
    switch self {
    case .norm(let limit), .globalNorm(let limit), .value(let limit): limit
    }
  }

  /// Reads the key that is there; nil if none is.
  init?(_ reader: inout ConfigReader) throws(ConfigError) {
    var found: [GradientClipping] = []
    func add(_ key: String, _ make: (Float) -> GradientClipping) throws(ConfigError) {
      guard reader.value(key) != nil else { return }
      let limit = try reader.float(key)
      guard limit > 0 else { throw ConfigError(key: key, "expected a number above 0, found \(limit)") }
      found.append(make(limit))
    }
    try add("clipnorm") { .norm($0) }
    try add("global_clipnorm") { .globalNorm($0) }
    try add("clipvalue") { .value($0) }
    guard found.count <= 1 else {
      throw ConfigError(
        key: found[1].key, "\(found[0].key) and \(found[1].key) exclude each other, in Keras too; leave one out")
    }
    guard let only = found.first else { return nil }
    self = only
  }

  /// Clips all gradients, in place.
  func clip(_ gradients: inout Gradients, on device: Device) {
    let trained = gradients.tensors.indices.filter { gradients.tensors[$0] != nil }
    switch self {
    case .norm(let limit):
      for index in trained {
        let norm = gradients.tensors[index].map { device.squaredNorm($0).squareRoot() } ?? 0
        if norm > Double(limit) { Self.scale(&gradients.tensors[index], by: Double(limit) / norm, on: device) }
      }
    case .globalNorm(let limit):
      let square = trained.reduce(0) { sum, index in
        sum + (gradients.tensors[index].map { device.squaredNorm($0) } ?? 0)
      }
      let norm = square.squareRoot()
      guard norm > Double(limit) else { return }
      for index in trained { Self.scale(&gradients.tensors[index], by: Double(limit) / norm, on: device) }
    case .value(let limit):
      for index in trained {
        // Taken out while it is written to, so that its memory has one user and is not copied.
        guard var gradient = gradients.tensors[index].take() else { continue }
        unsafe gradient.withUnsafeMutableElements { elements in
          for place in elements.indices {
            // A NaN stays one.
            let number = unsafe elements[place]
            unsafe elements[place] = number < -limit ? -limit : number > limit ? limit : number
          }
        }
        gradients.tensors[index] = gradient
      }
    }
  }

  private static func scale(_ gradient: inout Tensor?, by factor: Double, on device: Device) {
    guard var taken = gradient.take() else { return }
    device.scale(&taken, by: Float(factor))
    gradient = taken
  }
}
