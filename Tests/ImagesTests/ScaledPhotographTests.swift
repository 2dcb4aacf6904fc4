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
}
