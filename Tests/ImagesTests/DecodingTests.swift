import Foundation
import Images
import Testing

@Suite("Decoding")
struct DecodingTests {
  /// A smooth picture, so that JPEG keeps it nearly as it is.
  static func gradient(_ width: Int, _ height: Int, _ mode: ColorMode) -> PixelImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<mode.channelCount { pixels.append(UInt8(2 * x + 2 * y + 60 * channel)) }
      }
    }
    return PixelImage(width: width, height: height, mode: mode, pixels: pixels)
  }

  @Test("PNG keeps every pixel", arguments: ColorMode.allCases)
  func pngIsLossless(_ mode: ColorMode) throws {
    let image = Self.gradient(31, 17, mode)
    #expect(try ImageDecoder.decode(ImageEncoder.png(image), name: "a.png", channels: mode) == image)
  }

  @Test("JPEG keeps a smooth picture nearly", arguments: ColorMode.allCases)
  func jpegIsNear(_ mode: ColorMode) throws {
    let image = Self.gradient(40, 24, mode)
    let decoded = try ImageDecoder.decode(ImageEncoder.jpeg(image, quality: 95), name: "a.jpg", channels: mode)
    #expect(try #require(largestDifference(decoded, image)) <= 12)
  }

  @Test("Grey is the luma of ITU-R 601, as Pillow rounds it")
  func luma() throws {
    // Image.new("RGB", (1, 1), color).convert("L") of Pillow 13.0.0.
    let pillow: [([UInt8], UInt8)] = [
      ([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([255, 255, 255], 255), ([12, 200, 99], 132),
      ([1, 2, 3], 2),
    ]
    for (color, gray) in pillow {
      let image = PixelImage(width: 1, height: 1, mode: .rgb, pixels: color)
      #expect(image.converted(to: .grayscale).pixels == [gray])
      #expect(try ImageDecoder.decode(ImageEncoder.png(image), name: "", channels: .grayscale).pixels == [gray])
    }
  }

  @Test("Grey files become three equal channels")
  func grayToRGB() throws {
    let image = PixelImage(width: 2, height: 1, mode: .grayscale, pixels: [7, 250])
    #expect(try ImageDecoder.decode(ImageEncoder.png(image), name: "").pixels == [7, 7, 7, 250, 250, 250])
  }

  @Test(
    "A foreign format is named, with what to do",
    arguments: [
      ("GIF89a\u{1}", "GIF"), ("BM1234", "BMP"), ("RIFF\0\0\0\0WEBPVP8 ", "WebP"), ("\0\0\0\u{18}ftypheic", "HEIC"),
      ("\0\0\0\u{18}ftypavif", "AVIF"), ("II*\0\u{8}", "TIFF"), ("  \n<!DOCTYPE html><html>", "HTML"),
      ("version https://git-lfs.github.com/spec/v1", "git lfs pull"), ("hello", "neither PNG nor JPEG"),
      ("\0\0\0\0\0\0\0\0", "zeros"),
    ])
  func foreignFormat(_ content: String, _ words: String) {
    #expect { try ImageDecoder.decode(Array(content.utf8), name: "a.jpg") } throws: { error in
      guard let error = error as? ImageError else { return false }
      return error.kind == .unrecognized && error.description.hasPrefix("a.jpg: ") && error.reason.contains(words)
    }
  }

  @Test("The content decides the format, not the name")
  func contentDecides() throws {
    let image = Self.gradient(8, 8, .rgb)
    let folder = try TemporaryFolder()
    try ImageEncoder.writePNG(image, to: folder.path("really-a-png.jpg"))
    #expect(try ImageDecoder.decode(contentsOf: folder.path("really-a-png.jpg")) == image)
  }

  @Test("An empty, a missing and a wrong file are errors of their own")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    func kind(_ path: String) -> ImageError.Kind? {
      do {
        _ = try ImageDecoder.decode(contentsOf: path)
        return nil
      } catch { return error.kind }
    }
    try folder.write("", to: "empty.png")
    #expect(kind(folder.path("empty.png")) == .truncated)
    #expect(kind(folder.path("missing.png")) == .unreadable)
    #expect(kind(folder.path("")) == .unreadable)
  }

  @Test("Every shortened PNG and JPEG is an error")
  func everyTruncation() {
    for bytes in [ImageEncoder.png(Self.gradient(9, 7, .rgb)), ImageEncoder.jpeg(Self.gradient(9, 7, .rgb))] {
      for count in bytes.indices {
        #expect(throws: ImageError.self) { try ImageDecoder.decode(Array(bytes[..<count]), name: "") }
      }
    }
  }

  @Test("A picture beyond the limits is refused by its header")
  func limits() throws {
    let bytes = ImageEncoder.png(Self.gradient(20, 10, .rgb))
    #expect(throws: Never.self) {
      try ImageDecoder.decode(bytes, name: "", limits: DecodingLimits(side: 20, area: 200))
    }
    for limits in [DecodingLimits(side: 19, area: 200), DecodingLimits(side: 20, area: 199)] {
      #expect { try ImageDecoder.decode(bytes, name: "", limits: limits) } throws: { error in
        (error as? ImageError)?.kind == .tooLarge
      }
    }
  }

  @Test("A PNG that claims billions of pixels takes no memory for them")
  func bomb() {
    // The header of a 2,000,000,000 × 2,000,000,000 picture, with its right checksum, and no data.
    let header: [UInt8] = [
      0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0x77, 0x35, 0x94, 0x00,
      0x77, 0x35, 0x94, 0x00, 8, 2, 0, 0, 0, 0xD4, 0x42, 0xF3, 0x71,
    ]
    let end = ImageEncoder.png(Self.gradient(1, 1, .rgb)).dropFirst(33)
    #expect { try ImageDecoder.decode(header + end, name: "") } throws: { error in
      (error as? ImageError)?.kind == .tooLarge
    }
  }
}
