import Images
import Tensors
import Testing

@Suite("Resizing")
struct ResizingTests {
  /// Hashes of the results of TensorFlow 2.21.0's `tf.image.resize` with methods `bilinear` and `nearest`, and of Keras
  /// 3.15.1's `smart_resize` inside a `tf.function` on pictures of unknown size, which is what
  /// `image_dataset_from_directory(crop_to_aspect_ratio=True)` runs, for `pattern(height, width, channels)`.
  struct Case: CustomStringConvertible {
    let height, width, channels, targetHeight, targetWidth: Int
    let bilinear, nearest, cropped: UInt64
    init(
      _ height: Int, _ width: Int, _ channels: Int, _ targetHeight: Int, _ targetWidth: Int, bilinear: UInt64,
      nearest: UInt64, cropped: UInt64
    ) {
      (self.height, self.width, self.channels) = (height, width, channels)
      (self.targetHeight, self.targetWidth) = (targetHeight, targetWidth)
      (self.bilinear, self.nearest, self.cropped) = (bilinear, nearest, cropped)
    }
    var description: String { "\(height)×\(width)×\(channels) to \(targetHeight)×\(targetWidth)" }
    var size: Size { Size(targetHeight, targetWidth) }
  }

  static let cases = [
    Case(
      37, 53, 3, 16, 16, bilinear: 0xCAA0_584B_E5DB_2325, nearest: 0x364F_8FC9_1C18_DF25, cropped: 0xE3DF_BD6D_C78D_9525
    ),
    Case(
      5, 7, 3, 12, 9, bilinear: 0x1C6F_6F96_D5C8_E2AC, nearest: 0x37E8_2057_6F1A_9CF5, cropped: 0x7C45_4D6A_EDA0_B0EF),
    Case(
      9, 9, 1, 9, 9, bilinear: 0xF212_C02E_35D8_769F, nearest: 0xF212_C02E_35D8_769F, cropped: 0xF212_C02E_35D8_769F),
    Case(
      384, 512, 3, 224, 224, bilinear: 0x20A4_6FCA_C715_1F56, nearest: 0x6AE0_1295_3694_1325,
      cropped: 0x8D56_1C71_C0B5_A3B7),
    Case(
      48, 32, 1, 33, 77, bilinear: 0x683B_BDAA_0771_7FFA, nearest: 0x09C1_3C0E_1AA8_A9AF, cropped: 0xC661_0ECD_BA64_E35C
    ),
    Case(
      1, 1, 3, 4, 5, bilinear: 0x8B76_D686_E89C_AC55, nearest: 0x8B76_D686_E89C_AC55, cropped: 0x8B76_D686_E89C_AC55),
    Case(
      333, 500, 3, 224, 224, bilinear: 0x7E29_6437_4D7D_42ED, nearest: 0xE86F_ACB7_E6DB_1325,
      cropped: 0xFA75_307D_41E3_EB13),
  ]

  static func pattern(_ height: Int, _ width: Int, _ channels: Int) -> PixelImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<channels { pixels.append(UInt8((x * 37 + y * 101 + channel * 59 + x * y * 13) % 256)) }
      }
    }
    return PixelImage(width: width, height: height, mode: ColorMode(channelCount: channels)!, pixels: pixels)
  }

  /// FNV-1a over the 32-bit patterns.
  static func hash(_ tensor: Tensor) -> UInt64 {
    tensor.elements.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01B3 }
  }

  @Test("Every bit is TensorFlow's", arguments: cases)
  func matchesTensorFlow(_ c: Case) {
    let image = Self.pattern(c.height, c.width, c.channels)
    #expect(Self.hash(Resizing(c.size)(image)) == c.bilinear)
    #expect(Self.hash(Resizing(c.size, interpolation: .nearest)(image)) == c.nearest)
    #expect(Self.hash(Resizing(c.size, cropToAspectRatio: true)(image)) == c.cropped)
  }

  @Test("A small table of tf.image.resize")
  func table() {
    // tf.image.resize(pattern(3, 4, 1), (4, 3)), TensorFlow 2.21.0.
    let expected: [Float] = [
      6.166667461395264, 55.5, 104.83334350585938, 70.64583587646484, 130.8125, 190.9791717529297, 132.0208282470703,
      125.1875, 198.3541717529297, 169.8333282470703, 40.5, 124.50001525878906,
    ]
    let scaled = Resizing(Size(4, 3))(Self.pattern(3, 4, 1))
    #expect(scaled.shape == [4, 3, 1])
    #expect(scaled.elements == expected)
  }

  @Test("Bilinear follows its formula", arguments: cases)
  func matchesFormula(_ c: Case) {
    let image = Self.pattern(c.height, c.width, c.channels)
    func value(_ y: Int, _ x: Int, _ channel: Int) -> Double {
      let row = min(max(y, 0), c.height - 1)
      let column = min(max(x, 0), c.width - 1)
      return Double(image.pixels[(row * c.width + column) * c.channels + channel])
    }
    var largest = 0.0
    let scaled = Resizing(c.size)(image).elements
    var position = 0
    for y in 0..<c.targetHeight {
      let sourceY = (Double(y) + 0.5) * Double(c.height) / Double(c.targetHeight) - 0.5
      let top = Int(sourceY.rounded(.down))
      for x in 0..<c.targetWidth {
        let sourceX = (Double(x) + 0.5) * Double(c.width) / Double(c.targetWidth) - 0.5
        let left = Int(sourceX.rounded(.down))
        let (dy, dx) = (sourceY - Double(top), sourceX - Double(left))
        for channel in 0..<c.channels {
          let above = value(top, left, channel) * (1 - dx) + value(top, left + 1, channel) * dx
          let below = value(top + 1, left, channel) * (1 - dx) + value(top + 1, left + 1, channel) * dx
          largest = max(largest, abs(above * (1 - dy) + below * dy - Double(scaled[position])))
          position += 1
        }
      }
    }
    // Positions up to 512 in single precision are off by 2⁻¹⁵, times a step of at most 255.
    #expect(largest < 0.02)
  }
}
