import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite("Scaled decoding")
struct ScaledDecodingTests {
  /// Waves of 44 pixels or more.
  static func picture(_ height: Int, _ width: Int, _ mode: ColorMode) -> PixelImage {
    let pixels = (0..<height * width * mode.channelCount).map { index -> UInt8 in
      let (y, x) = (index / mode.channelCount / width, index / mode.channelCount % width)
      return UInt8(128 + 100 * sin(Double(x) / 9) * cos(Double(y) / 7 + Double(index % mode.channelCount)))
    }
    return PixelImage(width: width, height: height, mode: mode, pixels: pixels)
  }

  private static func pixels(
    _ bytes: [UInt8], _ size: Size, _ mode: ColorMode, _ decoding: Decoding,
    _ instructions: PixelInstructions = .best
  ) throws -> [Float] {
    var loader = ImageLoader(Resizing(size, interpolation: .nearest), mode: mode)
    loader.instructions = instructions
    loader.decoding = decoding
    return try StreamedScalingTests.read(bytes, loader)
  }

  @Test(
    "An eighth, a quarter and half of the size are near the mean of what it stands for", arguments: ColorMode.allCases)
  func means(_ mode: ColorMode) throws {
    let image = Self.picture(128, 160, mode)
    let bytes = ImageEncoder.jpeg(image, quality: 100)
    for eighths in [1, 2, 4] {
      let size = Size(16 * eighths, 20 * eighths)
      let results = try PixelInstructions.available.map { try Self.pixels(bytes, size, mode, .scaled, $0) }
      #expect(results.allSatisfy { $0 == results[0] })
      let means = Resizing(size, interpolation: .antialiased)(image).elements
      let worst = zip(results[0], means).map { abs($0 - $1) }.max() ?? 0
      // The triangle of the means is wider than the blocks, which shows where a wave has few pixels.
      #expect(worst <= (eighths < 2 ? 40 : 20), "\(eighths) eighths, \(mode): \(worst)")
    }
  }

  @Test("Where nothing is shrunk, and of PNGs, it is the exact one")
  func unshrunk() throws {
    let image = Self.picture(50, 70, .rgb)
    for (bytes, size) in [(ImageEncoder.jpeg(image), Size(45, 66)), (ImageEncoder.png(image), Size(20, 20))] {
      #expect(try Self.pixels(bytes, size, .rgb, .scaled) == Self.pixels(bytes, size, .rgb, .exact))
    }
  }

  @Test("A grey picture is the luminance of the file")
  func luminance() throws {
    let bytes = ImageEncoder.jpeg(Self.picture(64, 64, .rgb), quality: 95)
    let exact = try Self.pixels(bytes, Size(64, 64), .grayscale, .exact)
    let luminance = try Self.pixels(bytes, Size(64, 64), .grayscale, .scaled)
    // One rounding for each of three colours, and the clipping of colours beyond the range.
    #expect(zip(exact, luminance).map { abs($0 - $1) }.max() ?? 0 <= 3)
  }

  @Test("Of damaged files `check` gives the verdict of `read`, in either decoding")
  func damage() throws {
    let folder = try TemporaryFolder()
    let seeds =
      [ImageEncoder.jpeg(Self.picture(40, 36, .grayscale))]
      + ImageEncoder.ColorSampling.allCases.map {
        ImageEncoder.jpeg(Self.picture(40, 36, .rgb), quality: 90, colors: $0)
      }
    var refused = 0
    for round in 0..<600 {
      let key = RandomKey(seed: 3).folding(UInt64(round))
      func number(_ purpose: String, below bound: Int) -> Int { Int(key.folding(purpose).uniform() * Double(bound)) }
      var bytes = seeds[round % seeds.count]
      for flip in 0...number("flips", below: 3) {
        bytes[number("position \(flip)", below: bytes.count)] = UInt8(number("value \(flip)", below: 256))
      }
      if number("cut", below: 4) == 0 { bytes.removeLast(number("length", below: bytes.count)) }
      try folder.write(bytes, to: "a")
      var loader = ImageLoader(Resizing(Size(16, 15), interpolation: .nearest))
      loader.limits = DecodingLimits(side: 4096, area: 1_000_000)
      for decoding in Decoding.allCases {
        loader.decoding = decoding
        let failure = loader.load([folder.path("a")]).skipped.first
        let verdict = Result { () throws(ImageError) in try loader.check(folder.path("a")) }
        switch verdict {
        case .success: #expect(failure == nil, "round \(round), \(decoding)")
        case .failure(let error): #expect(failure == error, "round \(round), \(decoding)")
        }
        if failure != nil { refused += 1 }
      }
    }
    // Of 1200 in all: neither none nor nearly all.
    #expect((100...1100).contains(refused))
  }
}
