import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Rows scaled as they are decoded must give the bits of the whole picture decoded, then scaled by the definition.
@Suite("Scaling while decoding")
struct StreamedScalingTests {
  static let sizes = [
    Size(1, 1), Size(1, 40), Size(40, 1), Size(2, 3), Size(17, 33), Size(64, 48), Size(97, 20), Size(20, 97),
  ]
  static let targets = [Size(1, 1), Size(7, 5), Size(16, 16), Size(33, 64), Size(5, 90)]

  static func loaders(_ target: Size, _ mode: ColorMode) -> [ImageLoader] {
    Interpolation.allCases.flatMap { interpolation in
      [false, true].map { crops in
        ImageLoader(Resizing(target, interpolation: interpolation, cropToAspectRatio: crops), mode: mode)
      }
    }
  }

  /// Reads a file's bytes with a loader.
  static func read(_ bytes: [UInt8], _ loader: ImageLoader) throws -> [Float] {
    let folder = try TemporaryFolder()
    try folder.write(bytes, to: "a")
    return try read(folder.path("a"), loader)
  }

  static func read(_ path: String, _ loader: ImageLoader) throws -> [Float] {
    var tensor = Tensor(zeros: loader.sampleShape)
    try unsafe tensor.withUnsafeMutableElements { try unsafe loader.read(path, into: $0) }
    return tensor.elements
  }

  @Test("Every size, target, filter, window and instruction set", arguments: sizes, ColorMode.allCases)
  func everySize(_ size: Size, _ stored: ColorMode) throws {
    let image = ResizingTests.pattern(size.height, size.width, stored.channelCount)
    let folder = try TemporaryFolder()
    for (name, bytes) in [("png", ImageEncoder.png(image)), ("jpg", ImageEncoder.jpeg(image))] {
      try folder.write(bytes, to: name)
      for mode in ColorMode.allCases {
        let decoded = try ImageDecoder.decode(bytes, name: name, channels: mode)
        for target in Self.targets {
          for var loader in Self.loaders(target, mode) {
            let expected = PlainResizing.scaled(decoded, loader.resizing)
            for instructions in PixelInstructions.available {
              loader.instructions = instructions
              let streamed = try Self.read(folder.path(name), loader)
              #expect(streamed == expected, "\(name) to \(target) by \(loader.resizing), \(instructions)")
            }
            #expect(loader.resizing(decoded).elements == expected)
          }
        }
      }
    }
  }

  @Test("Photograph sizes, where a row is many vectors long", arguments: PixelInstructions.available)
  func photographs(_ instructions: PixelInstructions) throws {
    for (source, target) in [
      (Size(384, 512), Size(224, 224)), (Size(301, 1203), Size(150, 161)), (Size(100, 90), Size(224, 224)),
    ] {
      let image = ResizingTests.pattern(source.height, source.width, 3)
      for var loader in Self.loaders(target, .rgb) {
        loader.instructions = instructions
        let streamed = try Self.read(ImageEncoder.png(image), loader)
        #expect(streamed == PlainResizing.scaled(image, loader.resizing), "\(source) to \(loader.resizing)")
      }
    }
  }

  /// A JPEG that says how it lies.
  static func lying(_ orientation: UInt8, _ jpeg: [UInt8]) -> [UInt8] {
    let exif: [UInt8] =
      [0xFF, 0xE1, 0, 34] + Array("Exif\0\0MM\0*\0\0\0\u{8}\0\u{1}".utf8)
      + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
    return jpeg[..<2] + exif + jpeg[2...]
  }

  @Test("Pictures that must be turned", arguments: 1...8)
  func turned(_ orientation: UInt8) throws {
    let bytes = Self.lying(orientation, ImageEncoder.jpeg(ResizingTests.pattern(33, 50, 3)))
    for mode in ColorMode.allCases {
      let decoded = try ImageDecoder.decode(bytes, name: "", channels: mode)
      #expect(decoded.size == (orientation > 4 ? Size(50, 33) : Size(33, 50)))
      for target in [Size(16, 24), Size(5, 70), Size(90, 7), Size(1, 1)] {
        for loader in Self.loaders(target, mode) {
          #expect(try Self.read(bytes, loader) == PlainResizing.scaled(decoded, loader.resizing), "\(loader.resizing)")
        }
      }
    }
  }

  @Test(
    "Interlaced, progressive, CMYK and lossless files",
    .enabled(if: HostileFiles.isPresent, "set FINETUNE_DATA to the folder with hostile/"))
  func rareFiles() throws {
    let names =
      HostileFiles.names(in: "pngsuite/png", ending: ".png").filter { !$0.hasPrefix("x") }.map { ("pngsuite/png", $0) }
      + HostileFiles.names(in: JPEGSuiteTests.folder, ending: ".jpg").map { (JPEGSuiteTests.folder, $0) }
    for (folder, name) in names {
      let path = HostileFiles.path(folder, name)
      for mode in ColorMode.allCases {
        let decoded = try ImageDecoder.decode(contentsOf: path, channels: mode)
        for interpolation in Interpolation.allCases {
          let loader = ImageLoader(Resizing(Size(20, 30), interpolation: interpolation), mode: mode)
          #expect(try Self.read(path, loader) == PlainResizing.scaled(decoded, loader.resizing), "\(name)")
        }
      }
    }
  }

  @Test("A picture damaged in its middle gives the decoder's error, and harms no other of its batch")
  func damaged() throws {
    let image = ResizingTests.pattern(80, 70, 3)
    let folder = try TemporaryFolder()
    let loader = ImageLoader(size: Size(16, 16))
    for whole in [ImageEncoder.png(image), ImageEncoder.jpeg(image)] {
      try folder.write(whole, to: "whole")
      try folder.write(Array(whole[..<(whole.count / 2)]), to: "half")
      let paths = ["whole", "half", "whole"].map(folder.path)
      let batch = loader.load(paths)
      #expect(batch.positions == [0, 2] && batch.skipped.map(\.kind) == [.truncated])
      #expect(batch.skipped.map(\.path) == [paths[1]])
      #expect(batch.images[samples: 0..<1] == batch.images[samples: 1..<2])
      #expect { try loader.check(paths[1]) } throws: { ($0 as? ImageError) == batch.skipped[0] }
      try loader.check(paths[0])
    }
  }
}
