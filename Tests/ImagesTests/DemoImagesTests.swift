import DemoImages
import Images
import Tensors
import Testing

@Suite("Demo pictures")
struct DemoImagesTests {
  static func picture(_ kind: ObjectClass, _ index: Int, seed: UInt64 = 7) -> PixelImage {
    Scene(kind, key: RandomKey(seed: seed).folding(kind.rawValue).folding(UInt64(index))).rendered(size: 32)
  }

  @Test("A picture depends on its key alone, down to the byte of its file")
  func deterministic() {
    let first = Self.picture(.star, 3)
    #expect(ImageEncoder.png(first) == ImageEncoder.png(Self.picture(.star, 3)))
    #expect(ImageEncoder.jpeg(first) == ImageEncoder.jpeg(Self.picture(.star, 3)))
    #expect(first != Self.picture(.star, 4))
    #expect(first != Self.picture(.star, 3, seed: 8))
  }

  @Test("No picture is blank")
  func contrast() {
    for kind in ObjectClass.allCases {
      for index in 0..<20 {
        let gray = Self.picture(kind, index).converted(to: .grayscale).pixels.map(Double.init)
        let mean = gray.reduce(0, +) / Double(gray.count)
        let variance = gray.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gray.count)
        #expect(variance.squareRoot() > 8)
      }
    }
  }

  @Test("Mean colours do not tell the class")
  func colorsRevealNothing() {
    func mean(_ image: PixelImage) -> SIMD3<Double> {
      var sum = SIMD3<Double>.zero
      for index in 0..<image.width * image.height {
        for channel in 0..<3 { sum[channel] += Double(image.pixels[3 * index + channel]) }
      }
      return sum / Double(image.width * image.height)
    }
    let classes = ObjectClass.allCases
    let colors = classes.map { kind in (0..<60).map { mean(Self.picture(kind, $0)) } }
    // The nearest class mean, learned from the first half and asked about the second: by chance 1 in 8 is right.
    let centers = colors.map { $0[..<30].reduce(SIMD3<Double>.zero, +) / 30 }
    var correct = 0
    for kind in classes.indices {
      for color in colors[kind][30...] {
        let distances = centers.map { (($0 - color) * ($0 - color)).sum() }
        if distances.indices.min(by: { distances[$0] < distances[$1] }) == kind { correct += 1 }
      }
    }
    #expect(Double(correct) / Double(30 * classes.count) < 0.25)
  }
}
