public import JSON
public import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// Cuts out a part of random size, proportions and place and brings it back to the picture's size: how networks for ImageNet
/// are trained ([Szegedy et al. 2014](https://arxiv.org/abs/1409.4842)).
///
/// - `scale`: the part's area in parts of the picture's, above 0 to 1; (0.08, 1) unless said otherwise
/// - `ratio`: its width divided by its height, drawn on the logarithmic scale; (3/4, 4/3) unless said otherwise
/// - `interpolation`: see `PixelSampling`
///
/// torchvision's `RandomResizedCrop`, settings and arithmetic: what does not fit is drawn again up to ten times, then the
/// largest part of a permitted ratio in the middle is taken. Here the picture has the model's size already: it is of that
/// picture that parts are taken, and proportions are counted in its pixels.
public struct RandomResizedCrop: Augmentation {
  public static let name = "random_resized_crop"

  public var scale: ClosedRange<Double>
  public var ratio: ClosedRange<Double>
  public var interpolation: PixelSampling.Between

  public init(
    scale: ClosedRange<Double> = 0.08...1, ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3,
    interpolation: PixelSampling.Between = .bilinear
  ) {
    self.scale = scale
    self.ratio = ratio
    self.interpolation = interpolation
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    scale = try reader.range("scale", in: 1e-6...1, single: .itself, default: 0.08...1)
    ratio = try reader.range("ratio", in: 0.01...100, single: .itself, default: 3.0 / 4...4.0 / 3)
    interpolation = try reader.choice("interpolation", default: .bilinear)
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "scale": scale.config, "ratio": ratio.config,
      "interpolation": .string(interpolation.rawValue),
    ]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    let window = window(height: pixels.height, width: pixels.width, key)
    pixels.transform(
      .stretching(
        x: Double(window.x), y: Double(window.y), width: Double(window.width), height: Double(window.height),
        toWidth: pixels.width, toHeight: pixels.height),
      // Nothing of what surrounds the part gets into it.
      PixelSampling(fillMode: .nearest, interpolation: interpolation), window: window)
  }

  /// The part that is cut out of a picture.
  func window(height: Int, width: Int, _ key: RandomKey) -> PixelWindow {
    let area = Double(height * width)
    let logarithms = log(ratio.lowerBound)...log(ratio.upperBound)
    for attempt in 0..<10 {
      let draws = key.folding(UInt64(attempt)).uniform(4)
      let target = area * scale.at(draws[0])
      let aspect = exp(logarithms.at(draws[1]))
      let across = Int((target * aspect).squareRoot().rounded())
      let down = Int((target / aspect).squareRoot().rounded())
      if (1...width).contains(across), (1...height).contains(down) {
        return PixelWindow(
          x: min(Int(draws[2] * Float(width - across + 1)), width - across),
          y: min(Int(draws[3] * Float(height - down + 1)), height - down), width: across, height: down)
      }
    }
    let own = Double(width) / Double(height)
    let across = own > ratio.upperBound ? Int((Double(height) * ratio.upperBound).rounded()) : width
    let down = own < ratio.lowerBound ? Int((Double(width) / ratio.lowerBound).rounded()) : height
    let (wide, high) = (min(max(across, 1), width), min(max(down, 1), height))
    return PixelWindow(x: (width - wide) / 2, y: (height - high) / 2, width: wide, height: high)
  }
}
