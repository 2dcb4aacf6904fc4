import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Gradients in rows")
struct GradientRowsTests {
  @Test("All rows together are the whole gradient, bit for bit", arguments: KernelSet.available, [1, 2, 3])
  func equalWhole(_ kernels: KernelSet, _ samples: Int) {
    let x = Tensor([samples, 1031], RandomKey(seed: 1).normal(samples * 1031))
    let slopes = Tensor([samples, 1021], RandomKey(seed: 2).normal(samples * 1021))
    let (row, column) = (700, 1000)
    let expected = (0..<samples).reduce(0.0) {
      $0 + Double(x.elements[$1 * 1031 + row]) * Double(slopes.elements[$1 * 1021 + column])
    }
    let products = [nil] + kernels.bfloat16Products.map(Optional.some)
    for (product, threads) in products.flatMap({ product in [1, 2].map { (product, $0) } }) {
      let device = Device(kernels: kernels, threads: threads).training(with: product)
      let gradient = GradientRows(x, slopes, on: device)
      #expect(gradient.shape == [1031, 1021] && gradient.parts.count == 2)
      #expect(gradient.parts.flatMap { $0 } == Array(0..<1031))
      let whole = gradient.whole()
      for part in gradient.parts + [1030..<1031, 17..<500] {
        #expect(
          gradient.rows(part) == whole[samples: part],
          "\(kernels), \(product.map { "\($0)" } ?? "floats"), \(threads) threads, rows \(part)")
      }
      let found = gradient.rows(row..<row + 1).elements[column]
      #expect(abs(Double(found) - expected) < (product == nil ? 1e-5 : 0.05))
    }
  }

  @Test("A dense layer gives its kernel's gradient in rows where it may and the kernel is large")
  func dense() {
    let device = Device(threads: 2)
    for (features, mayBeRows, areRows) in [(1100, true, true), (1100, false, false), (30, true, false)] {
      let layer = Dense(units: 1000, activation: .relu())
      let parameters = [
        Tensor([features, 1000], RandomKey(seed: 1).normal(features * 1000)), Tensor(zeros: [1000]),
      ]
      let x = Tensor([3, features], RandomKey(seed: 2).normal(3 * features))
      let slopes = Tensor([3, 1000], RandomKey(seed: 3).normal(3000))
      func gradients(_ needs: GradientNeeds) -> LayerGradients {
        let context = Context(
          needs: needs, mode: .training, random: RandomKey(seed: 1), sampleIDs: [0, 1, 2], device: device)
        return layer.evaluate(x, parameters, in: context).pullback(slopes)
      }
      let found = gradients(mayBeRows ? [.inputs, .parameters, .rows] : [.inputs, .parameters])
      let expected = gradients([.inputs, .parameters])
      #expect((found.rows[0] != nil) == areRows && (found.parameters[0] == nil) == areRows)
      #expect((found.rows[0]?.whole() ?? found.parameters[0]) == expected.parameters[0])
      #expect(found.parameters[1] == expected.parameters[1] && found.inputs == expected.inputs)
      #expect(gradients([.inputs, .rows]).rows.isEmpty)
    }
  }
}
