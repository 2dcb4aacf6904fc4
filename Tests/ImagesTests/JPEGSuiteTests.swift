import Images
import Testing

@Suite("JPEG reference set", .enabled(if: HostileFiles.isPresent, "set FINETUNE_DATA to the folder with hostile/"))
struct JPEGSuiteTests {
  static let folder = "jpeg/reftest/images"
  static let all = HostileFiles.names(in: folder, ending: ".jpg")

  @Test("A file decodes within 4 levels of its reference", arguments: all.filter { !$0.hasPrefix("lossless/") })
  func matchesReference(_ name: String) throws {
    let difference = try #require(largestDifference(Self.decoded(name), Self.reference(name)))
    #expect(difference <= 4)
  }

  @Test("A lossless file decodes exactly", arguments: all.filter { $0.hasPrefix("lossless/") })
  func matchesReferenceExactly(_ name: String) throws {
    let bytes = try HostileFiles.bytes(Self.folder, name)
    // Start of frame 3: marker, length, precision. The references hold the samples as 16-bit numbers, unscaled.
    let frame = try #require(bytes.indices.first { bytes[$0...].starts(with: [0xFF, 0xC3]) })
    let precision = Int(bytes[frame + 4])
    let pixels = try Self.decoded(name).pixels
    #expect(try Self.reference(name).pixels == (precision == 8 ? pixels : pixels.map { $0 >> (16 - precision) }))
  }

  static func decoded(_ name: String) throws -> PixelImage {
    try ImageDecoder.decode(contentsOf: HostileFiles.path(folder, name))
  }

  static func reference(_ name: String) throws -> PixelImage { try decoded(String(name.dropLast(3)) + "png") }

  @Test("A file that lacks its last bytes is truncated, whatever its kind", arguments: [1, 2, 3, 20, 100])
  func truncated(_ missing: Int) throws {
    for name in [
      "mozilla/jpg-size-33x33.jpg", "mozilla/jpg-progressive.jpg", "rgb.jpg", "ycck.jpg",
      "lossless/1/jpeg_lossless_sel4.jpg",
    ] {
      let bytes = try HostileFiles.bytes(Self.folder, name).dropLast(missing)
      #expect { try ImageDecoder.decode(Array(bytes), name: name) } throws: { error in
        (error as? ImageError)?.kind == .truncated
      }
    }
  }
}

@Suite("EXIF orientations", .enabled(if: HostileFiles.isPresent, "set FINETUNE_DATA to the folder with hostile/"))
struct EXIFOrientationTests {
  @Test("All eight orientations show the same picture", arguments: ["Landscape", "Portrait"], 0...8)
  func samePicture(_ subject: String, _ orientation: Int) throws {
    func decode(_ number: Int, _ policy: ImageDecoder.OrientationPolicy) throws -> PixelImage {
      try ImageDecoder.decode(
        contentsOf: HostileFiles.path("exif_orientation", "\(subject)_\(number).jpg"), orientation: policy)
    }
    let upright = try decode(1, .ignored)
    // Each file was compressed anew, so the pictures differ by what compression loses, and by the printed file number.
    #expect(try #require(meanDifference(decode(orientation, .applied), upright)) < 8)
    if orientation > 1 {
      let stored = try decode(orientation, .ignored)
      #expect(stored.size != upright.size || (meanDifference(stored, upright) ?? 0) > 20)
    }
  }
}
