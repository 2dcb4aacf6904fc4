import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite("The header of a picture says its size")
struct ImageHeaderTests {
  @Test("As the decoder finds it, for every picture of the suites", .enabled(if: SharedData.url("hostile") != nil))
  func suites() throws {
    var count = 0
    for folder in ["hostile/exif_orientation", "hostile/jpeg/reftest", "hostile/pngsuite"] {
      guard let url = SharedData.url(folder), let files = FileManager.default.enumerator(atPath: url.path) else {
        continue
      }
      for case let name as String in files where [".png", ".jpg", ".jpeg"].contains(where: name.lowercased().hasSuffix)
      {
        let path = url.path + "/" + name
        guard let image = try? ImageDecoder.decode(contentsOf: path) else { continue }
        let header = try ImageHeader(contentsOf: path)
        #expect(header.size == Size(image.height, image.width), "\(path)")
        count += 1
      }
    }
    #expect(count > 100)
  }

  @Test("Grey is told from colour; what is no picture is an error")
  func colours() throws {
    let folder = try TemporaryFolder()
    for mode in ColorMode.allCases {
      let path = folder.path("\(mode).jpg")
      let image = PixelImage(
        width: 5, height: 3, mode: mode, pixels: [UInt8](repeating: 90, count: 15 * mode.channelCount))
      try ImageEncoder.writeJPEG(image, to: path, quality: 90)
      let header = try ImageHeader(contentsOf: path)
      #expect(header.isGrey == (mode == .grayscale) && header.size == Size(3, 5))
    }
    try folder.write("no picture", to: "text.png")
    #expect(throws: ImageError.self) { try ImageHeader(contentsOf: folder.path("text.png")) }
  }
}
