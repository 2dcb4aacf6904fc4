public import JSON
public import Tensors

/// Cuts out a window at a random place and brings it back to the picture's size.
///
/// - `height`, `width`: the window in pixels, as in Keras' `RandomCrop`; the picture's own where they are left out, and at most
///   the picture with its padding
/// - `padding`: by how many pixels the picture is extended on each side before, as in torchvision's `RandomCrop`: with 4 and
///   without a window of its own this is what networks for CIFAR-10 are trained with
///   ([He et al. 2015](https://arxiv.org/abs/1512.03385))
/// - `fill_mode`, `fill_value`, `interpolation`: see `PixelSampling`
///
/// Pictures have the model's size already, so what is cut out smaller is enlarged again. All places have the same chance.
public struct RandomCrop: Augmentation {
  public static let name = "random_crop"

  public var height: Int?
  public var width: Int?
  public var padding: Int
  public var sampling: PixelSampling

  public init(height: Int? = nil, width: Int? = nil, padding: Int = 0, sampling: PixelSampling = PixelSampling()) {
    self.height = height
    self.width = width
    self.padding = padding
    self.sampling = sampling
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    height = try reader.value("height") == nil ? nil : reader.whole("height", in: 1...65535)
    width = try reader.value("width") == nil ? nil : reader.whole("width", in: 1...65535)
    padding = try reader.whole("padding", in: 0...4096, default: 0)
    sampling = try PixelSampling(&reader)
    try reader.finish()
    if height == nil, width == nil, padding == 0 {
      throw AugmentationError(
        "say what to cut out: \"height\" and \"width\", or \"padding\" to cut out a picture's size of a larger one")
    }
  }

  public var config: JSONValue {
    sampling.config([
      "name": .string(Self.name), "height": height.map { .integer($0) } ?? .null,
      "width": width.map { .integer($0) } ?? .null, "padding": .integer(padding),
    ])
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    let pixels = unsafe Pixels(sample, shape)
    let draws = key.bits(at: 0)
    func cut(_ wanted: Int?, of length: Int, _ draw: UInt32) -> (start: Int, length: Int) {
      let all = length + 2 * padding
      let cut = min(wanted ?? length, all)
      return (Int((UInt64(draw) * UInt64(all - cut + 1)) >> 32) - padding, cut)
    }
    let (y, height) = cut(self.height, of: pixels.height, draws[0])
    let (x, width) = cut(self.width, of: pixels.width, draws[1])
    pixels.transform(
      .stretching(
        x: Double(x), y: Double(y), width: Double(width), height: Double(height), toWidth: pixels.width,
        toHeight: pixels.height), sampling)
  }
}
