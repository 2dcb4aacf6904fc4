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

  /// Hashes of what Keras 3.15.1's `load_img` on Pillow 13.0.0 makes of `pattern(height, width, channels)`, alone and with
  /// `keep_aspect_ratio=True`:
  /// ```python
  /// def pattern(h, w, c):
  ///     y, x, k = np.meshgrid(np.arange(h), np.arange(w), np.arange(c), indexing="ij")
  ///     return ((x * 37 + y * 101 + k * 59 + x * y * 13) % 256).astype(np.uint8)
  /// def fnv(a):
  ///     h = 0xCBF29CE484222325
  ///     for bits in a.astype(np.float32).reshape(-1).view(np.uint32).tolist():
  ///         h = ((h ^ bits) * 0x100000001B3) % 2**64
  ///     return h
  /// def load(h, w, c, size, keep):
  ///     file = io.BytesIO()
  ///     Image.fromarray(pattern(h, w, c).squeeze(2) if c == 1 else pattern(h, w, c)).save(file, "png")
  ///     return fnv(np.asarray(keras.utils.load_img(
  ///         io.BytesIO(file.getvalue()), color_mode="rgb" if c == 3 else "grayscale", target_size=size,
  ///         interpolation="bilinear", keep_aspect_ratio=keep)))
  /// ```
  static let antialiasedCases: [(source: (Int, Int, Int), target: Size, plain: UInt64, cropped: UInt64)] = [
    ((37, 53, 3), Size(16, 16), 0x4C63_7EC8_3EAD_DF25, 0xB7B2_2123_293B_DF25),
    ((5, 7, 3), Size(12, 9), 0xAE67_8507_921F_9CF5, 0x2953_F1D2_2C20_9CF5),
    ((9, 9, 1), Size(9, 9), 0xF212_C02E_35D8_769F, 0xF212_C02E_35D8_769F),
    ((384, 512, 3), Size(224, 224), 0xC035_7139_A44B_1325, 0x1F72_1DBB_A534_1325),
    ((48, 32, 1), Size(33, 77), 0x3BA5_E874_7D69_A9AF, 0x5377_93D2_9B73_A9AF),
    ((1, 1, 3), Size(4, 5), 0x8B76_D686_E89C_AC55, 0x8B76_D686_E89C_AC55),
    ((333, 500, 3), Size(224, 224), 0x89D4_3858_83C2_1325, 0xBB32_7808_CF1A_1325),
    ((101, 7, 1), Size(1, 13), 0x7D68_6F50_14EC_E92F, 0xA4EA_6E0D_A38C_E92F),
    ((640, 3, 3), Size(64, 3), 0x83EB_A68C_9B30_3025, 0xDE6E_E6A2_8121_3025),
    ((1, 301, 1), Size(17, 2), 0xA879_50D0_03B2_A66D, 0x0A75_3B03_16C4_A66D),
  ]

  @Test("Every antialiased bit is Pillow's", arguments: antialiasedCases.indices)
  func matchesPillow(_ index: Int) {
    let (source, target, plain, cropped) = Self.antialiasedCases[index]
    let image = Self.pattern(source.0, source.1, source.2)
    var resizing = Resizing(target, interpolation: .antialiased)
    #expect(Self.hash(resizing(image)) == plain, "\(source) to \(target)")
    resizing.cropToAspectRatio = true
    #expect(Self.hash(resizing(image)) == cropped, "\(source) to \(target), cropped")
  }

  @Test("A small table of Pillow's resize")
  func antialiasedTable() {
    // Image.fromarray(pattern(3, 4, 1)[..., 0]).resize((3, 4), Image.BILINEAR), and pattern(6, 9, 1) to (2, 3): width first.
    let enlarged = Resizing(Size(4, 3), interpolation: .antialiased)(Self.pattern(3, 4, 1))
    #expect(enlarged.shape == [4, 3, 1])
    #expect(enlarged.elements == [11, 56, 100, 77, 131, 185, 127, 125, 191, 144, 41, 116])
    let reduced = Resizing(Size(3, 2), interpolation: .antialiased)(Self.pattern(6, 9, 1))
    #expect(reduced.elements == [116, 135, 120, 129, 148, 129])
  }

  @Test("Antialiasing follows its formula", arguments: cases)
  func antialiasedMatchesFormula(_ c: Case) {
    let image = Self.pattern(c.height, c.width, c.channels)
    let scaled = Resizing(c.size, interpolation: .antialiased)(image).elements
    func weights(_ index: Int, source: Int, target: Int) -> [(pixel: Int, weight: Double)] {
      let scale = Double(source) / Double(target)
      let center = (Double(index) + 0.5) * scale - 0.5
      let all = (0..<source).map { ($0, max(0, 1 - abs(Double($0) - center) / max(1, scale))) }
      let sum = all.reduce(0) { $0 + $1.1 }
      return all.filter { $0.1 > 0 }.map { ($0.0, $0.1 / sum) }
    }
    let columns = (0..<c.targetWidth).map { weights($0, source: c.width, target: c.targetWidth) }
    var largest = 0.0
    var position = 0
    for y in 0..<c.targetHeight {
      let rows = weights(y, source: c.height, target: c.targetHeight)
      for x in 0..<c.targetWidth {
        for channel in 0..<c.channels {
          var sum = 0.0
          for (row, rowWeight) in rows {
            for (column, columnWeight) in columns[x] {
              let pixel = image.pixels[(row * c.width + column) * c.channels + channel]
              sum += rowWeight * columnWeight * Double(pixel)
            }
          }
          largest = max(largest, abs(sum - Double(scaled[position])))
          position += 1
        }
      }
    }
    // Half a step for each of the two roundings, and 255 × 2⁻²² for the weights.
    #expect(largest < 1.001)
  }

  @Test("A picture of the target's size stays as it is", arguments: Interpolation.allCases)
  func sameSize(_ interpolation: Interpolation) {
    let image = Self.pattern(23, 31, 3)
    #expect(Resizing(image.size, interpolation: interpolation)(image).elements == image.pixels.map(Float.init))
  }

  @Test("Interpolations have names for recipes")
  func names() {
    #expect(Interpolation.allCases.map(\.rawValue) == ["bilinear", "nearest", "antialiased"])
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
