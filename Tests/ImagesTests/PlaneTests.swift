import Images
import Tensors
import TestSupport
import Testing

/// Pictures that are mixed from their planes must have the bits that libjpeg mixes.
@Suite("Planes of JPEGs")
struct PlaneTests {
  static let widths = Array(1...40) + [63, 64, 65, 66, 127, 128, 129, 191, 257]

  @Test(
    "Every row of every width is libjpeg's own", arguments: ImageEncoder.ColorSampling.allCases,
    PixelInstructions.available)
  func sameRows(_ colors: ImageEncoder.ColorSampling, _ instructions: PixelInstructions) throws {
    for width in Self.widths {
      for height in [1, 2, 15, 16, 17, 33, 50] {
        let image = ResizingTests.pattern(height, width, 3)
        let bytes = ImageEncoder.jpeg(image, quality: 97, colors: colors)
        // Whole pictures are libjpeg's work to the last byte.
        let whole = try ImageDecoder.decode(bytes, name: "")
        var loader = ImageLoader(Resizing(image.size, interpolation: .nearest))
        loader.instructions = instructions
        #expect(try StreamedScalingTests.read(bytes, loader) == whole.pixels.map(Float.init), "\(image.size)")
      }
    }
  }

  @Test("Colours of the whole range", arguments: ImageEncoder.ColorSampling.allCases)
  func extremes(_ colors: ImageEncoder.ColorSampling) throws {
    // The strongest colours side by side: compression and enlargement mix them beyond the range, where they are cut off.
    let pixels = RandomKey(seed: 4).uniform(96 * 96 * 3).map { $0 < 0.5 ? UInt8(0) : 255 }
    let bytes = ImageEncoder.jpeg(
      PixelImage(width: 96, height: 96, mode: .rgb, pixels: pixels), quality: 30, colors: colors)
    let whole = try ImageDecoder.decode(bytes, name: "")
    #expect(Set(whole.pixels).count > 100)
    for instructions in PixelInstructions.available {
      var loader = ImageLoader(Resizing(Size(96, 96), interpolation: .nearest))
      loader.instructions = instructions
      #expect(try StreamedScalingTests.read(bytes, loader) == whole.pixels.map(Float.init), "\(instructions)")
    }
  }

  @Test("A picture of which few rows are read", arguments: ImageEncoder.ColorSampling.allCases)
  func fewRows(_ colors: ImageEncoder.ColorSampling) throws {
    let bytes = ImageEncoder.jpeg(ResizingTests.pattern(700, 300, 3), quality: 90, colors: colors)
    let whole = try ImageDecoder.decode(bytes, name: "")
    for loader in StreamedScalingTests.loaders(Size(9, 11), .rgb) {
      #expect(
        try StreamedScalingTests.read(bytes, loader) == PlainResizing.scaled(whole, loader.resizing),
        "\(loader.resizing)"
      )
    }
  }

  @Test(
    "Pictures that are decoded at less than their size are libjpeg's as well",
    arguments: ImageEncoder.ColorSampling.allCases, [1, 2, 4])
  func scaled(_ colors: ImageEncoder.ColorSampling, _ eighths: Int) throws {
    for source in [Size(161, 243), Size(168, 248), Size(128, 64)] {
      let jpeg = ImageEncoder.jpeg(
        ResizingTests.pattern(source.height, source.width, 3), quality: 95, colors: colors)
      let whole = try ImageDecoder.decode(jpeg: jpeg, eighths: eighths)
      for var loader in StreamedScalingTests.loaders(
        Size(source.height / 8 * eighths, source.width / 8 * eighths), .rgb)
      {
        loader.decoding = .scaled
        for instructions in PixelInstructions.available {
          loader.instructions = instructions
          let expected = PlainResizing.scaled(whole, loader.resizing)
          #expect(
            try StreamedScalingTests.read(jpeg, loader) == expected,
            "\(source) at \(eighths) eighths, \(loader.resizing)")
        }
      }
    }
  }
}
