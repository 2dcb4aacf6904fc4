public import JSON
public import Kernels

/// Lets positive numbers pass and a fraction `alpha` of negative ones.
///
/// - Input and output: any shape
///
/// `x` from 0 on, `alpha · x` below. See
/// [Rectifier nonlinearities improve neural network acoustic models](https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf).
/// The default is that of Keras' layer; as the activation `leaky_relu` it is 0.2 in Keras.
public struct LeakyReLU: ActivationLayer {
  public static let kind = "LeakyReLU"

  public var alpha: Float

  public init(alpha: Float = 0.3) { self.alpha = alpha }

  public var function: ActivationFunction { .leakyReLU(alpha: alpha) }
}

extension LeakyReLU {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let old = try reader.float("alpha", default: 0.3)
    self.init(alpha: try reader.float("negative_slope", default: old))
    try reader.finish()
  }

  // Keras 2's name: Keras 3, where it is `negative_slope`, reads both, and Keras 2 only this one.
  public var config: JSONValue { ["alpha": .float(alpha)] }
}
