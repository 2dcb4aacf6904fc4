import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Upsampling and permuting")
struct UpSamplingTests {
  @Test("Nearest repeats pixels", arguments: KernelSet.available)
  func nearest(_ kernels: KernelSet) {
    let check = GradientCheck(UpSampling2D(size: Size(3, 2)), inputShapes: [[2, 3, 5]]) { inputs, _ in
      DoubleTensor([inputs[0].shape[0], 6, 6, 5]) { inputs[0][$0[0], $0[1] / 3, $0[2] / 2, $0[3]] }
    }
    #expect(check.differences(on: kernels) == [])
  }

  @Test("Bilinear goes from centre to centre", arguments: KernelSet.available)
  func bilinear(_ kernels: KernelSet) {
    for (height, width, factor) in [(3, 4, 2), (1, 3, 3), (2, 1, 4)] {
      let layer = UpSampling2D(size: Size(factor, factor), interpolation: .bilinear)
      let check = GradientCheck(layer, inputShapes: [[height, width, 3]]) { inputs, _ in
        DoubleTensor([inputs[0].shape[0], height * factor, width * factor, 3]) { index in
          // Every pixel weighted by its distance, as a tent; beyond the border the outermost pixel counts on.
          func tent(_ output: Int, _ input: Int, _ count: Int) -> Double {
            let centre = min(max((Double(output) + 0.5) / Double(factor) - 0.5, 0), Double(count - 1))
            return max(0, 1 - abs(centre - Double(input)))
          }
          var sum = 0.0
          for y in 0..<height {
            for x in 0..<width {
              sum += tent(index[1], y, height) * tent(index[2], x, width) * inputs[0][index[0], y, x, index[3]]
            }
          }
          return sum
        }
      }
      #expect(check.differences(on: kernels) == [])
    }
  }

  @Test("Bilinear gives Keras' numbers")
  func kerasNumbers() {
    // keras.layers.UpSampling2D(2, interpolation="bilinear") on [[1, 2], [3, 5]]
    let layer = UpSampling2D(interpolation: .bilinear)
    let output = layer(Tensor([1, 2, 2, 1], [1, 2, 3, 5]), [], on: Device(threads: 1))
    #expect(
      output.elements == [
        1, 1.25, 1.75, 2, 1.5, 1.8125, 2.4375, 2.75, 2.5, 2.9375, 3.8125, 4.25, 3, 3.5, 4.5, 5,
      ])
  }

  @Test("Permuting reorders axes", arguments: KernelSet.available)
  func permuting(_ kernels: KernelSet) {
    let check = GradientCheck(Permute(dims: [3, 1, 2]), inputShapes: [[2, 3, 4]]) { inputs, _ in
      DoubleTensor([inputs[0].shape[0], 4, 2, 3]) { inputs[0][$0[0], $0[2], $0[3], $0[1]] }
    }
    #expect(check.differences(on: kernels) == [])
    #expect(throws: ShapeError.self) { try Permute(dims: [2, 1]).outputShape(for: [2, 3, 4]) }
    #expect(throws: ConfigError.self) { try Permute(config: ["dims": [1, 1]]) }
  }
}
