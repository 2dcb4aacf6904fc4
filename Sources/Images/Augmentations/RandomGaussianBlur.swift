public import JSON
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Blurs some pictures. Keras' `RandomGaussianBlur`.
///
/// - `factor`: the range that a picture's chance to be blurred is drawn from, 0 to 1; a number f stands for 0…f, so 1 (unless
///   said otherwise) blurs half of all pictures, and [1, 1] all
/// - `kernel_size`: an odd number of pixels that are mixed, down and across; 3 unless said otherwise
/// - `sigma`: the standard deviation of their weights in pixels; 1 unless said otherwise, or two numbers to draw it from
///
/// Beyond the border the picture is reflected (`d c b a | a b c d`); for Keras it is black there, and borders darken.
public struct RandomGaussianBlur: Augmentation {
  public static let name = "random_gaussian_blur"

  public var factor: ClosedRange<Double>
  public var kernelSize: Int
  public var sigma: ClosedRange<Double>

  public init(factor: ClosedRange<Double> = 0...1, kernelSize: Int = 3, sigma: ClosedRange<Double> = 1...1) {
    self.factor = factor
    self.kernelSize = kernelSize
    self.sigma = sigma
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    factor = try reader.range("factor", in: 0...1, single: .upToIt, default: 0...1)
    kernelSize = try reader.whole("kernel_size", in: 1...255, default: 3)
    guard kernelSize % 2 == 1 else {
      throw AugmentationError(key: "kernel_size", "expected an odd number, found \(kernelSize)")
    }
    sigma = try reader.range("sigma", in: 0...100, single: .itself, default: 1...1)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "factor": factor.config, "kernel_size": .integer(kernelSize), "sigma": sigma.config,
    ]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let draws = key.uniform(4)
    guard Double(draws[1]) < factor.at(draws[0]) else { return }
    let pixels = unsafe Pixels(sample, shape)
    pixels.blur(across: weights(sigma.at(draws[2])), down: weights(sigma.at(draws[3])))
  }

  /// `exp(−½ (x / σ)²)` over the kernel, with the sum 1.
  private func weights(_ sigma: Double) -> [Float] {
    // As Keras, which does not divide by 0.
    let sigma = sigma + 1e-6
    let powers = (0..<kernelSize).map { index in
      let distance = (Double(index) - Double(kernelSize - 1) / 2) / sigma
      return exp(-0.5 * distance * distance)
    }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
  }
}
