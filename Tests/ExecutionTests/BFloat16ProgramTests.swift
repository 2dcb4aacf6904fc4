import Execution
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("A model compiled to compute in bfloat16")
struct BFloat16ProgramTests {
  @Test("stays within 2 % of the largest output, and is not what float32 gives", arguments: Sample.all)
  func error(_ sample: Sample) throws {
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      let model = try sample.model()
      let input = Tensor(sample.shape.batched(5), RandomKey(seed: 3).normal(5 * sample.shape.elementCount))
      func outputs(_ device: Device) throws -> Tensor {
        try InferenceProgram(model, to: model.outputs, inputShapes: [sample.shape], on: device)([input], on: device)[0]
      }
      let exact = try outputs(device)
      let rounded = try outputs(device.computing(with: .products))
      let scale = exact.elements.map(abs).max() ?? 1
      let worst = zip(exact.elements, rounded.elements).map { abs($0 - $1) }.max() ?? 0
      #expect(worst <= 2e-2 * scale, "\(sample.name) on \(kernels): \(worst) of \(scale)")
      #expect(worst > 0, "\(sample.name) on \(kernels)")
    }
  }

  @Test("gives an image the same bits in any batch and with any number of threads", arguments: Sample.all)
  func sameBits(_ sample: Sample) throws {
    let model = try sample.model()
    let images = Tensor(sample.shape.batched(7), RandomKey(seed: 4).normal(7 * sample.shape.elementCount))
    let one = Device(threads: 1).computing(with: .products)
    let two = Device(threads: 2).computing(with: .products)
    let program = try InferenceProgram(model, to: model.outputs, inputShapes: [sample.shape], on: one)
    let together = program([images], on: two)[0]
    #expect(program([images], on: one)[0] == together)
    for index in 0..<7 {
      let alone = program([images[samples: index..<index + 1]], on: two)[0]
      #expect(alone == together[samples: index..<index + 1], "image \(index)")
    }
  }
}
