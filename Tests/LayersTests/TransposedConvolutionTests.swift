import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Transposed convolution")
struct TransposedConvolutionTests {
  /// Spreads every pixel of the input over the output.
  private static func reference(
    _ x: DoubleTensor, _ kernel: DoubleTensor, _ bias: DoubleTensor?, stride: Size, dilation: Size, output: Size,
    before: Size
  ) -> DoubleTensor {
    var y = DoubleTensor(zeros: [x.shape[0], output.height, output.width, kernel.shape[2]])
    for index in x.indices {
      for (ky, kx) in (0..<kernel.shape[0]).flatMap({ ky in (0..<kernel.shape[1]).map { (ky, $0) } }) {
        let row = index[1] * stride.height + ky * dilation.height - before.height
        let column = index[2] * stride.width + kx * dilation.width - before.width
        guard (0..<output.height).contains(row), (0..<output.width).contains(column) else { continue }
        for filter in 0..<kernel.shape[2] {
          y[index[0], row, column, filter] += x[index] * kernel[ky, kx, filter, index[3]]
        }
      }
    }
    guard let bias else { return y }
    return DoubleTensor(y.shape, zip(y.indices, y.elements).map { $1 + bias[$0[3]] })
  }

  private struct Case: CustomStringConvertible {
    let layer: Conv2DTranspose
    let input: Shape
    /// As Keras gives it.
    let output: Size
    let before: Size
    var description: String { "\(layer.kernelSize) by \(layer.strides) \(layer.padding) over \(input)" }
  }

  private static let cases = [
    Case(
      layer: Conv2DTranspose(filters: 4, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same),
      input: [3, 4, 2], output: Size(6, 8), before: Size(0, 0)),
    Case(
      layer: Conv2DTranspose(filters: 3, kernelSize: Size(2, 2), strides: Size(2, 2)),
      input: [3, 2, 5], output: Size(6, 4), before: Size(0, 0)),
    Case(
      layer: Conv2DTranspose(filters: 3, kernelSize: Size(4, 5), strides: Size(2, 3), usesBias: false),
      input: [2, 3, 1], output: Size(6, 11), before: Size(0, 0)),
    Case(
      layer: Conv2DTranspose(filters: 2, kernelSize: Size(5, 3), padding: .same, activation: .tanh),
      input: [4, 3, 3], output: Size(4, 3), before: Size(2, 1)),
    Case(
      layer: Conv2DTranspose(filters: 2, kernelSize: Size(1, 1), strides: Size(3, 2)),
      input: [2, 2, 3], output: Size(6, 4), before: Size(0, 0)),
    Case(
      layer: Conv2DTranspose(
        filters: 2, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same, outputPadding: Size(0, 1)),
      input: [3, 3, 2], output: Size(5, 6), before: Size(1, 0)),
    Case(
      layer: Conv2DTranspose(filters: 2, kernelSize: Size(3, 2), dilationRate: Size(2, 3)),
      input: [3, 1, 2], output: Size(7, 4), before: Size(0, 0)),
  ]

  @Test("Output, shape and gradients", arguments: KernelSet.available)
  func transposed(_ kernels: KernelSet) throws {
    for example in Self.cases {
      let layer = example.layer
      #expect(
        try layer.outputShape(for: example.input) == [example.output.height, example.output.width, layer.filters],
        "\(example)")
      let check = GradientCheck(layer, inputShapes: [example.input]) { inputs, parameters in
        let linear = Self.reference(
          inputs[0], parameters[0], layer.usesBias ? parameters[1] : nil, stride: layer.strides,
          dilation: layer.dilationRate, output: example.output, before: example.before)
        return Reference.activation(layer.activation, linear)
      }
      #expect(check.differences(on: kernels) == [], "\(example)")
    }
  }

  @Test("An output padding that no stride leaves room for is refused")
  func outputPadding() {
    #expect(throws: ConfigError.self) {
      try Conv2DTranspose(config: ["filters": 1, "kernel_size": 3, "strides": 2, "output_padding": 2])
    }
  }
}
