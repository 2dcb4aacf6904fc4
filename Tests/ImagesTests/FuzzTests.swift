import Images
import Tensors
import Testing

@Suite("Damaged files")
struct FuzzTests {
  /// Small files of both formats, the JPEGs with an EXIF segment before the picture.
  static let seeds: [[UInt8]] = {
    let gray = DecodingTests.gradient(13, 11, .grayscale)
    let color = DecodingTests.gradient(19, 17, .rgb)
    let exif: [UInt8] =
      [0xFF, 0xE1, 0, 34] + Array("Exif\0\0MM\0*\0\0\0\u{8}\0\u{1}".utf8)
      + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
    let jpeg = ImageEncoder.jpeg(color)
    return [
      ImageEncoder.png(gray), ImageEncoder.png(color), ImageEncoder.jpeg(gray), jpeg, jpeg[..<2] + exif + jpeg[2...],
      lossless,
    ]
  }()

  /// A lossless JPEG of 4×2 samples of 8 bits, written by hand: predictor 1, and a code of 0, 10 and 110 for differences
  /// of 0, 1 and 2 bits. Its bits are 0 | 10 1 | 10 1 | 0, then 110 11 | 0 | 10 0 | 0, then ones to the byte's end.
  static let lossless: [UInt8] =
    [0xFF, 0xD8, 0xFF, 0xC3, 0, 11, 8, 0, 2, 0, 4, 1, 1, 0x11, 0]
    + [0xFF, 0xC4, 0, 22, 0, 1, 1, 1] + [UInt8](repeating: 0, count: 13) + [0, 1, 2]
    + [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 0, 0, 0b0101_1010, 0b1101_1010, 0b0011_1111, 0xFF, 0xD9]

  @Test("The seeds are whole")
  func seedsDecode() throws {
    for seed in Self.seeds { _ = try ImageDecoder.decode(seed, name: "") }
    #expect(try ImageDecoder.decode(Self.seeds[4], name: "").size == Size(19, 17))
    #expect(
      try ImageDecoder.decode(Self.seeds[4], name: "", orientation: .ignored).size == Size(17, 19))
    // 128 is the first prediction; then the differences 0, 1, 1, 0, and 3, 0, -1, 0 from the sample above and to the left.
    #expect(
      try ImageDecoder.decode(Self.lossless, name: "", channels: .grayscale).pixels == [
        128, 129, 130, 130, 131, 131, 130, 130,
      ])
  }

  @Test("No damage brings the decoder down", arguments: seeds.indices)
  func neverCrashes(_ index: Int) {
    var decoded = 0
    var refused = 0
    let limits = DecodingLimits(side: 4096, area: 1_000_000)
    for round in 0..<4000 {
      let key = RandomKey(seed: 20).folding(UInt64(index)).folding(UInt64(round))
      func number(_ purpose: String, below bound: Int) -> Int { Int(key.folding(purpose).uniform() * Double(bound)) }
      var bytes = Self.seeds[index]
      for flip in 0...number("flips", below: 4) {
        bytes[number("position \(flip)", below: bytes.count)] = UInt8(number("value \(flip)", below: 256))
      }
      if number("cut", below: 4) == 0 { bytes.removeLast(number("length", below: bytes.count)) }
      do {
        let image = try ImageDecoder.decode(bytes, name: "", limits: limits)
        #expect(image.pixels.count == image.width * image.height * 3)
        decoded += 1
      } catch {
        #expect(!error.reason.isEmpty)
        refused += 1
      }
    }
    // Damage in JPEG data often goes unnoticed; PNG has checksums.
    #expect(refused > 1000 && decoded + refused == 4000)
  }
}
