import Foundation
import Images
import Kernels
import Tensors
import TestSupport
import Testing
import Training

@Suite("Sampling")
struct SamplingTests {
  static let classes = [Int](repeating: 0, count: 70) + [Int](repeating: 1, count: 25) + [Int](repeating: 2, count: 5)

  @Test(
    "Shuffled is a permutation; the same key gives the same order, another epoch another", arguments: Sampling.allCases)
  func orders(_ sampling: Sampling) {
    let targets = Targets(.classes(Self.classes, count: 3), weights: Self.classes.map { Float($0 + 1) })
    let key = RandomKey(seed: 3)
    let order = sampling.order(of: targets, key: key)
    #expect(order.count == 100 && order == sampling.order(of: targets, key: key))
    #expect(order != sampling.order(of: targets, key: RandomKey(seed: 4)))
    if sampling == .shuffled { #expect(order.sorted() == Array(0..<100)) }
  }

  @Test("Balanced: every class equally often, each sample of a class as often as the others but for one time")
  func balanced() {
    let targets = Targets.classes(Self.classes, count: 4)  // one class has no samples
    var sums = [Int](repeating: 0, count: 3)
    var seen = Set<Int>()
    for epoch in 0..<30 {
      let order = Sampling.balanced.order(of: targets, key: RandomKey(seed: 1).folding(UInt64(epoch)))
      var counts = [Int](repeating: 0, count: 100)
      for sample in order { counts[sample] += 1 }
      let perClass = (0..<3).map { index in
        counts.indices.filter { Self.classes[$0] == index }.reduce(0) { $0 + counts[$1] }
      }
      #expect(perClass.sorted() == [33, 33, 34])
      for (index, count) in perClass.enumerated() { sums[index] += count }
      for range in [0..<70, 70..<95, 95..<100] {
        #expect(counts[range].max()! - counts[range].min()! <= 1)
      }
      seen.formUnion(order)
    }
    #expect(seen.count == 100 && sums.allSatisfy { abs($0 - 1000) <= 12 }, "\(sums)")
  }

  @Test("Weighted: drawn as often as the weights say, never where the weight is 0")
  func weighted() {
    let weights: [Float] = [1, 0, 2, 5, 0, 0.5, 1.5]
    let targets = Targets(.values(Tensor(zeros: [7, 1])), weights: weights)
    var counts = [Double](repeating: 0, count: 7)
    let epochs = 4000
    for epoch in 0..<epochs {
      for sample in Sampling.weighted.order(of: targets, key: RandomKey(seed: 1).folding(UInt64(epoch))) {
        counts[sample] += 1
      }
    }
    for (count, weight) in zip(counts, weights) {
      let expected = Double(7 * epochs) * Double(weight) / 10
      // Five standard deviations of a binomial count.
      #expect(abs(count - expected) <= 5 * (expected * (1 - Double(weight) / 10)).squareRoot())
    }
  }
}

@Suite("Statistics of pictures")
struct ChannelStatisticsTests {
  @Test(
    "Mean and variance are those of all pixels, the same bits with any number of threads; damaged files are left out")
  func statistics() throws {
    let folder = TemporaryFolder.path("pictures")
    var all: [[Double]] = [[], [], []]
    for (index, name) in ["a", "b"].enumerated() {
      try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
      for number in 0..<9 {
        let noise = RandomKey(seed: 2).folding(UInt64(number * 2 + index)).uniform(5 * 4 * 3)
        let pixels = noise.indices.map { UInt8(noise[$0] * Float([90, 160, 250][$0 % 3])) }
        for (position, pixel) in pixels.enumerated() { all[position % 3].append(Double(pixel)) }
        try ImageEncoder.writePNG(
          PixelImage(width: 5, height: 4, mode: .rgb, pixels: pixels), to: "\(folder)/\(name)/\(number).png")
      }
    }
    try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder + "/a/damaged.png"))
    let images = try LabelledImages(folder: folder)
    let found = [1, 2, 3].map { threads in
      ChannelStatistics(of: images, loader: ImageLoader(size: Size(4, 5)), on: Device(threads: threads))
    }
    #expect(found[0] == found[1] && found[0] == found[2])
    #expect(found[0].count == 18 && found[0].unreadable == 1)
    for (channel, pixels) in all.enumerated() {
      let mean = pixels.reduce(0, +) / Double(pixels.count)
      let variance = pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels.count)
      #expect(abs(found[0].mean[channel] - mean) < 1e-10 && abs(found[0].variance[channel] - variance) < 1e-8)
    }
  }
}
