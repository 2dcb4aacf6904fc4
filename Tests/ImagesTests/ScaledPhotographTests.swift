import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// How far scaled decoding is from the exact one on real photographs.
@Suite(
  "Scaled decoding of photographs",
  .enabled(if: SharedData.url("images/trashnet") != nil, "no images/trashnet beside the data that FINETUNE_DATA names"))
struct ScaledPhotographTests {
  @Test(
    "The mean difference at 112×112, where half of the size is decoded",
    arguments: [(Interpolation.bilinear, 2.5), (.antialiased, 1.2)])
  func difference(_ interpolation: Interpolation, _ bound: Double) throws {
    let folder = try #require(SharedData.url("images/trashnet"))
    let all = try ImageFiles.find(at: folder.path).paths
    let paths = stride(from: 0, to: all.count, by: 10).map { all[$0] }
    var loader = ImageLoader(Resizing(Size(112, 112), interpolation: interpolation))
    let exact = loader.load(paths).images.elements
    loader.decoding = .scaled
    let scaled = loader.load(paths).images.elements
    var (largest, sum) = (Float(0), 0.0)
    for (a, b) in zip(exact, scaled) {
      largest = max(largest, abs(a - b))
      sum += Double(abs(a - b))
    }
    let mean = sum / Double(exact.count)
    print("\(interpolation): largest \(largest), mean \(mean) of 255 in \(paths.count) photographs")
    #expect(mean > 0 && mean <= bound)
  }
  @Test(
    "Of a photograph of twelve megapixels an eighth is nearer to all of its pixels than the few that bilinear scaling reads"
  )
  func twelveMegapixels() throws {
    let folder = try #require(SharedData.url("images/trashnet"))
    let all = try ImageFiles.find(at: folder.path).paths
    let tiles = try (0..<64).map { try ImageDecoder.decode(contentsOf: all[$0 * 16 % all.count]) }
    let size = tiles[0].size
    // Eight by eight photographs: every pixel has a photograph's detail.
    var pixels: [UInt8] = []
    for row in 0..<8 {
      for y in 0..<size.height {
        for tile in tiles[row * 8..<row * 8 + 8] {
          pixels += tile.pixels[y * size.width * 3..<(y + 1) * size.width * 3]
        }
      }
    }
    let mosaic = PixelImage(width: 8 * size.width, height: 8 * size.height, mode: .rgb, pixels: pixels)
    let bytes = ImageEncoder.jpeg(mosaic)
    func scaled(_ interpolation: Interpolation, _ decoding: Decoding) throws -> [Float] {
      var loader = ImageLoader(Resizing(Size(224, 224), interpolation: interpolation))
      loader.decoding = decoding
      return try StreamedScalingTests.read(bytes, loader)
    }
    func mean(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } / Double(a.count)
    }
    let every = try scaled(.antialiased, .exact)
    let antialiased = mean(try scaled(.antialiased, .scaled), every)
    let (few, bilinear) = (mean(try scaled(.bilinear, .exact), every), mean(try scaled(.bilinear, .scaled), every))
    print("4096×3072 to 224×224, from all pixels: antialiased \(antialiased), bilinear \(bilinear), exactly \(few)")
    #expect(antialiased > 0 && antialiased <= 1.2)
    #expect(bilinear < few / 2)
  }
}
