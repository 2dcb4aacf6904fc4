import Tensors

/// What `RandAugment` and `AugMix` choose from: the operations of RandAugment's paper, with strengths from 0 to 1 of what
/// torchvision takes for the most.
package enum PictureOperation: CaseIterable {
  case shearX, shearY, translateX, translateY, rotate, posterize, solarize, autoContrast, equalize
  case brightness, color, contrast, sharpness

  /// Those that leave colours and sharpness alone: what AugMix was tested with, because the others occur in the pictures of
  /// ImageNet-C that it is measured on.
  package static let withoutColors: [PictureOperation] = [
    .shearX, .shearY, .translateX, .translateY, .rotate, .posterize, .solarize, .autoContrast, .equalize,
  ]

  /// - Parameter strength: from −1 to 1. Operations that have no direction take its size.
  package func apply(_ strength: Double, to pixels: Pixels, _ sampling: PixelSampling) {
    let factor = Float(1 + 0.9 * strength)
    var map = AffineMap.identity
    switch self {
    case .shearX:
      map.a1 = 0.3 * strength
      pixels.transform(map, sampling)
    case .shearY:
      map.b0 = 0.3 * strength
      pixels.transform(map, sampling)
    case .translateX:
      map.a2 = 150.0 / 331 * strength * Double(pixels.width)
      pixels.transform(map, sampling)
    case .translateY:
      map.b2 = 150.0 / 331 * strength * Double(pixels.height)
      pixels.transform(map, sampling)
    case .rotate:
      let angle = strength * .pi / 6
      pixels.transform(.rotation(angle, height: pixels.height, width: pixels.width), sampling)
    case .posterize: pixels.posterize(bits: 8 - Int((4 * abs(strength)).rounded()))
    case .solarize: pixels.solarize(above: Float(255 * (1 - abs(strength))))
    case .autoContrast: pixels.stretchContrast()
    case .equalize: pixels.equalize()
    case .brightness: pixels.map { $0 * factor }
    case .color: pixels.blendWithGrey(1 - factor)
    case .contrast: pixels.changeContrast(factor)
    case .sharpness: pixels.smooth(1 - factor)
    }
  }
}
