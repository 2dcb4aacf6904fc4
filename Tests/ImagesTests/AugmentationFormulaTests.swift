import Foundation
import Images
import Tensors
import Testing

@Suite("Augmentations against plain formulas")
struct AugmentationFormulaTests {
  private static let keys = (0..<60).map { RandomKey(seed: 8).folding(UInt64($0)) }
  private static let picture = AugmentationCase.picture([11, 9, 3])

  /// A part of a picture brought to its size: bilinear, with half pixels at the corners and nothing from outside of the part.
  private static func resized(_ picture: Tensor, x: Int, y: Int, width: Int, height: Int) -> [Double] {
    let (rows, columns, channels) = (picture.shape[0], picture.shape[1], picture.shape[2])
    let values = picture.elements.map(Double.init)
    var result: [Double] = []
    for row in 0..<rows {
      let v = min(max((Double(row) + 0.5) * Double(height) / Double(rows) - 0.5, 0), Double(height - 1))
      for column in 0..<columns {
        let u = min(max((Double(column) + 0.5) * Double(width) / Double(columns) - 0.5, 0), Double(width - 1))
        for channel in 0..<channels {
          func at(_ down: Int, _ right: Int) -> Double {
            let place = (y + min(down, height - 1)) * columns + x + min(right, width - 1)
            return values[place * channels + channel]
          }
          let (top, left) = (Int(v), Int(u))
          let (a, b) = (v - Double(top), u - Double(left))
          result.append(
            (1 - a) * ((1 - b) * at(top, left) + b * at(top, left + 1))
              + a * ((1 - b) * at(top + 1, left) + b * at(top + 1, left + 1)))
        }
      }
    }
    return result
  }

  private static func isNear(_ found: Tensor, _ expected: [Double]) -> Bool {
    zip(found.elements, expected).allSatisfy { abs(Double($0) - $1) < 1e-3 }
  }

  @Test("A resized crop is a part of the size that was asked for, from any place, brought to the picture's size")
  func resizedCrop() {
    // 0.35 of 99 pixels at a ratio of 1.4: 7 across, 5 down.
    let crop = RandomResizedCrop(scale: 0.35...0.35, ratio: 1.4...1.4)
    var seen = Set<[Int]>()
    for key in Self.keys {
      let changed = crop.changed(Self.picture, key)
      let places = (0...2).flatMap { x in (0...6).map { y in [x, y] } }
      let place = places.first {
        Self.isNear(changed, Self.resized(Self.picture, x: $0[0], y: $0[1], width: 7, height: 5))
      }
      guard let place else {
        Issue.record("no part of 5×7 pixels gives this")
        continue
      }
      seen.insert(place)
    }
    #expect(seen.count > 15)
    // No part of a picture of 9×11 is ten times as wide as high and half of it: the largest of that ratio in the middle.
    let impossible = RandomResizedCrop(scale: 0.5...0.5, ratio: 10...10)
    let expected = Self.resized(Self.picture, x: 0, y: 5, width: 9, height: 1)
    #expect(Self.isNear(impossible.changed(Self.picture, Self.keys[0]), expected))
  }

  @Test("The areas and ratios of resized crops fill their ranges")
  func cropSizes() {
    // A picture that holds each pixel's column and row: a crop's corners tell its place.
    let size = 200
    let picture = Tensor(
      [size, size, 1], (0..<size * size).map { Float($0 % size) })
    let crop = RandomResizedCrop()
    let widths = (0..<400).map { seed -> Float in
      let row = crop.changed(picture, RandomKey(seed: UInt64(seed))).elements.prefix(size)
      return (row.max() ?? 0) - (row.min() ?? 0) + 1
    }
    // At least √(0.08 · 3/4), at most the whole.
    let least = Float(size) * Float(0.08 * 0.75).squareRoot()
    #expect(widths.allSatisfy { $0 >= least - 1 && $0 <= Float(size) })
    #expect(widths.min() ?? 200 < 75 && widths.max() ?? 0 > 190)
  }

  @Test("A crop with padding moves the picture by whole pixels, up to the padding, and fills what comes in")
  func paddedCrop() {
    let crop = RandomCrop(padding: 2, sampling: PixelSampling(fillMode: .constant, fillValue: 9))
    let values = Self.picture.elements
    func shifted(_ x: Int, _ y: Int) -> [Float] {
      (0..<11).flatMap { row in
        (0..<9).flatMap { column in
          (0..<3).map { channel in
            let (from, at) = (row + y, column + x)
            return (0..<11).contains(from) && (0..<9).contains(at) ? values[(from * 9 + at) * 3 + channel] : 9
          }
        }
      }
    }
    let moves = (-2...2).flatMap { x in (-2...2).map { y in [x, y] } }
    let seen = Self.keys.compactMap { key in
      let changed = crop.changed(Self.picture, key).elements
      return moves.first { shifted($0[0], $0[1]) == changed }
    }
    #expect(seen.count == Self.keys.count && Set(seen).count > 18)
  }

  @Test("Contrast goes about each channel's mean by one factor from its range")
  func contrast() {
    let contrast = RandomContrast(lower: 0.6, upper: 0.2)
    let grey = Tensor([8, 5, 1], (0..<40).map { 100 + Float($0 % 7) })
    let values = grey.elements.map(Double.init)
    let mean = values.reduce(0, +) / 40
    let factors = Self.keys.map { key -> Double in
      let changed = contrast.changed(grey, key).elements.map(Double.init)
      let factor = (changed[0] - mean) / (values[0] - mean)
      #expect(zip(values, changed).allSatisfy { abs(($0 - mean) * factor + mean - $1) < 1e-3 })
      return factor
    }
    #expect(factors.allSatisfy { (0.4...1.2).contains($0) })
    #expect(factors.min() ?? 1 < 0.5 && factors.max() ?? 1 > 1.1)
  }

  @Test("A blurred border is that of the reflected picture")
  func blurredBorder() {
    let blur = RandomGaussianBlur(factor: 1...1, kernelSize: 5, sigma: 1.3...1.3)
    let weights = (-2...2).map { exp(-0.5 * pow(Double($0) / 1.3, 2)) }
    let sum = weights.reduce(0, +)
    let values = Self.picture.elements.map(Double.init)
    func reflected(_ index: Int, _ count: Int) -> Int {
      index < 0 ? -1 - index : index >= count ? 2 * count - 1 - index : index
    }
    var expected: [Double] = []
    for y in 0..<11 {
      for x in 0..<9 {
        for channel in 0..<3 {
          var total = 0.0
          for dy in -2...2 {
            for dx in -2...2 {
              let place = reflected(y + dy, 11) * 9 + reflected(x + dx, 9)
              total += weights[dy + 2] * weights[dx + 2] * values[place * 3 + channel]
            }
          }
          expected.append(total / (sum * sum))
        }
      }
    }
    #expect(Self.isNear(blur.changed(Self.picture, Self.keys[0]), expected))
  }

  @Test("Noise has the mean, deviation and tails of the normal distribution, and no memory")
  func noise() {
    let count = 60000
    let picture = Tensor([count / 3, 1, 3], Array(repeating: 127.5, count: count))
    let noise = GaussianNoise(stddev: 10).changed(picture, RandomKey(seed: 5)).elements.map {
      (Double($0) - 127.5) / 10
    }
    // Five standard errors of each.
    #expect(abs(noise.reduce(0, +) / Double(count)) < 0.021)
    #expect(abs(noise.reduce(0) { $0 + $1 * $1 } / Double(count) - 1) < 0.029)
    #expect(abs(Double(noise.count { abs($0) > 1.959964 }) / Double(count) - 0.05) < 0.0045)
    #expect(abs(zip(noise, noise.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)) < 0.021)
    #expect(GaussianNoise(stddev: 10).changed(picture, RandomKey(seed: 6)).elements != noise.map { Float($0) })
  }

  @Test("What is erased is one rectangle of the size asked for; all else stays")
  func erasing() {
    let picture = AugmentationCase.picture([40, 50, 3])
    let erasing = RandomErasing(factor: 1...1, scale: 0.04...0.25, fillValue: [300 / 2])
    var sizes: [[Int]] = []
    for key in Self.keys {
      let pairs = Array(zip(picture.elements, erasing.changed(picture, key).elements))
      let erased = pairs.indices.filter { pairs[$0].0 != pairs[$0].1 }.map { $0 / 3 }
      guard let rows = erased.map({ $0 / 50 }).minAndMax, let columns = erased.map({ $0 % 50 }).minAndMax else {
        Issue.record("nothing was erased")
        continue
      }
      for row in rows {
        for column in columns { #expect((0..<3).allSatisfy { pairs[(row * 50 + column) * 3 + $0].1 == 150 }) }
      }
      sizes.append([rows.count, columns.count])
    }
    // √0.04 to √0.25 of 40 and of 50.
    #expect(sizes.allSatisfy { (8...20).contains($0[0]) && (10...25).contains($0[1]) })
    #expect(Set(sizes).count > 20)
    let noisy = RandomErasing(factor: 1...1, scale: 1...1).changed(picture, Self.keys[0]).elements
    // Of a normal number with deviation 255 half are below 0, and 0.159 above one deviation.
    #expect(abs(Double(noisy.count { $0 == 0 }) / 6000 - 0.5) < 0.033)
    #expect(abs(Double(noisy.count { $0 == 255 }) / 6000 - 0.1587) < 0.024)
  }

  @Test("Beta and gamma numbers have their distributions' mean and variance", arguments: [0.05, 0.2, 1, 2.5, 30])
  func beta(_ alpha: Double) {
    let count = 8000
    let draws = (0..<count).map { RandomKey(seed: 12).folding(UInt64($0)).beta(alpha, alpha) }
    #expect(draws.allSatisfy { (0...1).contains($0) })
    let variance = 1 / (4 * (2 * alpha + 1))
    let mean = draws.reduce(0, +) / Double(count)
    #expect(abs(mean - 0.5) < 5 * (variance / Double(count)).squareRoot())
    let found = draws.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / Double(count)
    #expect(abs(found / variance - 1) < 0.1)
    let gammas = (0..<count).map { RandomKey(seed: 13).folding(UInt64($0)).gamma(alpha) }
    #expect(abs(gammas.reduce(0, +) / Double(count) - alpha) < 5 * (alpha / Double(count)).squareRoot())
  }

  @Test("AugMix stays between its versions: a picture of one grey that no operation can change stays")
  func augMix() {
    let mix = AugMix(factor: 0...0, takesAll: false)
    let flat = Tensor([6, 6, 3], Array(repeating: 91, count: 108))
    for key in Self.keys {
      #expect(mix.changed(flat, key).elements.allSatisfy { abs($0 - 91) < 1e-3 })
    }
  }
}

extension [Int] {
  fileprivate var minAndMax: ClosedRange<Int>? { self.min().flatMap { least in self.max().map { least...$0 } } }
}
