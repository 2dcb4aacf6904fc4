/// How pixel values 0…255 become a network's input.
///
/// The first five are Keras' (`imagenet_utils.preprocess_input`) and `Rescaling(1/255)`. Arithmetic is in `Float`, in Keras' order.
public enum Preprocessing: Hashable, Sendable {
  /// Pixels as they are, 0…255.
  case none
  /// To [−1, 1]: `x / 127.5 − 1`. MobileNet, Inception, ResNetV2.
  case tf
  /// RGB to BGR, minus the ImageNet means (103.939, 116.779, 123.68), no scaling. VGG, ResNet, SqueezeNet.
  case caffe
  /// `x / 255`, minus (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225). DenseNet.
  case torch
  /// To [0, 1]: `x / 255`.
  case unit

  /// The name in recipes and on the command line.
  public var name: String {
    switch self {
    case .none: "none"
    case .tf: "tf"
    case .caffe: "caffe"
    case .torch: "torch"
    case .unit: "unit"
    }
  }

  /// All modes, in the order in which they are listed to the user.
  public static let all: [Preprocessing] = [.none, .tf, .caffe, .torch, .unit]

  /// The mode of that name, if there is one.
  public init?(name: String) {
    guard let match = Self.all.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  /// Whether the mode treats red, green and blue differently, and so needs three channels.
  public var needsRGB: Bool { self == .caffe || self == .torch }

  /// Applies the mode in place to interleaved pixels of `channels` channels.
  ///
  /// - Precondition: `channels` is 3 if `needsRGB`.
  @unsafe public func apply(to pixels: UnsafeMutableBufferPointer<Float>, channels: Int) {
    precondition(!needsRGB || channels == 3, "preprocessing \"\(name)\" needs 3 channels, not \(channels)")
    switch self {
    case .none: break
    case .tf: for i in 0..<pixels.count { unsafe pixels[i] = pixels[i] / 127.5 - 1 }
    case .unit: for i in 0..<pixels.count { unsafe pixels[i] = pixels[i] / 255 }
    case .caffe:
      for i in stride(from: 0, to: pixels.count, by: 3) {
        let red = unsafe pixels[i]
        unsafe pixels[i] = pixels[i + 2] - 103.939
        unsafe pixels[i + 1] = pixels[i + 1] - 116.779
        unsafe pixels[i + 2] = red - 123.68
      }
    case .torch:
      for i in stride(from: 0, to: pixels.count, by: 3) {
        unsafe pixels[i] = (pixels[i] / 255 - 0.485) / 0.229
        unsafe pixels[i + 1] = (pixels[i + 1] / 255 - 0.456) / 0.224
        unsafe pixels[i + 2] = (pixels[i + 2] / 255 - 0.406) / 0.225
      }
    }
  }

  /// The preprocessed form of a tensor `[…, channels]` of pixels.
  public func callAsFunction(_ pixels: Tensor) -> Tensor {
    var result = pixels
    unsafe result.withUnsafeMutableElements { unsafe apply(to: $0, channels: pixels.shape[-1]) }
    return result
  }
}
