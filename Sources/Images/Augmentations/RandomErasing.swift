public import JSON
public import Tensors

/// Erases a rectangle ([Zhong et al. 2017](https://arxiv.org/abs/1708.04896)); with a fill value it is
/// [cutout](https://arxiv.org/abs/1708.04552). Keras' `RandomErasing`.
///
/// - `factor`: the range that a picture's chance is drawn from, 0 to 1; a number f stands for 0…f, so 1 (unless said otherwise)
///   erases in half of all pictures, and [1, 1] in all
/// - `scale`: the rectangle's height and width are √s of the picture's, each with its own s from this range; (0.02, 0.33) unless
///   said otherwise, so that its area is at most a third
/// - `fill_value`: a number, or one for each channel, 0 to 255; without it noise, normal with standard deviation 255, cut off at 0
///   and 255
public struct RandomErasing: Augmentation {
  public static let name = "random_erasing"

  public var factor: ClosedRange<Double>
  public var scale: ClosedRange<Double>
  public var fillValue: [Double]?

  public init(factor: ClosedRange<Double> = 0...1, scale: ClosedRange<Double> = 0.02...0.33, fillValue: [Double]? = nil)
  {
    self.factor = factor
    self.scale = scale
    self.fillValue = fillValue
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    factor = try reader.range("factor", in: 0...1, single: .upToIt, default: 0...1)
    scale = try reader.range("scale", in: 0...1, single: .upToIt, default: 0.02...0.33)
    if let value = reader.value("fill_value") {
      let numbers = value.doubleValue.map { [$0] } ?? value.arrayValue?.compactMap(\.doubleValue) ?? []
      let isWhole = value.arrayValue.map { $0.count == numbers.count } ?? true
      guard isWhole, [1, 3].contains(numbers.count), numbers.allSatisfy({ (0...255).contains($0) }) else {
        throw AugmentationError(
          key: "fill_value", "expected a number from 0 to 255, or three of them, found \(value.text)")
      }
      fillValue = numbers
    }
    try reader.finish()
  }

  public var config: JSONValue {
    [
      "name": .string(Self.name), "factor": factor.config, "scale": scale.config,
      "fill_value": fillValue.map { .array($0.map { .number($0) }) } ?? .null,
    ]
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    let draws = key.uniform(6)
    guard Double(draws[1]) < factor.at(draws[0]) else { return }
    let across = Self.part(of: pixels.width, scale.at(draws[2]).squareRoot(), draws[3])
    let down = Self.part(of: pixels.height, scale.at(draws[4]).squareRoot(), draws[5])
    let channels = pixels.channels
    if let fillValue {
      let fill = (0..<channels).map { Float(fillValue[min($0, fillValue.count - 1)]) }
      for y in down {
        for x in across {
          for channel in 0..<channels { pixels[(y * pixels.width + x) * channels + channel] = fill[channel] }
        }
      }
    } else {
      let row = across.count * channels
      NormalTable.draw(down.count * row, key.folding("fill")) { index, normal in
        let start = ((down.lowerBound + index / row) * pixels.width + across.lowerBound) * channels
        pixels[start + index % row] = inRange(255 * normal)
      }
    }
  }

  /// The pixels of a stretch of a length that is a part of `length`, at a random place.
  private static func part(of length: Int, _ share: Double, _ draw: Float) -> Range<Int> {
    let part = share * Double(length)
    let start = Double(draw) * (Double(length) - part)
    // Those whose place, counted in whole pixels, lies within.
    let first = min(Int(start.rounded(.up)), length)
    return first..<max(first, min(Int((start + part).rounded(.up)), length))
  }
}
