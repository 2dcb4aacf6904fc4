import Execution
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

/// The compiled program against the model computed layer by layer.
@Suite("A compiled model computes what the model computes")
struct InferenceProgramTests {
  @Test(
    "within 1e-5 of the largest output, for every structure that is fused", arguments: KernelSet.available, Sample.all)
  func equalsReference(_ kernels: KernelSet, _ sample: Sample) throws {
    let device = Device(kernels: kernels, threads: 2)
    let model = try sample.model()
    let input = Tensor(sample.shape.batched(5), RandomKey(seed: 3).normal(5 * sample.shape.elementCount))
    let wanted = try sample.layers.map { try model.output(of: $0) } + model.outputs
    let program = try InferenceProgram(model, to: wanted, inputShapes: [sample.shape], on: device)
    let outputs = program([input], on: device)
    let references = model.values(wanted, from: [model.inputs[0].value: input], on: device)
    for (output, reference) in zip(outputs, references) {
      #expect(output.shape == reference.shape)
      let scale = reference.elements.map(abs).max() ?? 1
      let worst = zip(output.elements, reference.elements).map { abs($0 - $1) }.max() ?? 0
      #expect(worst <= 1e-5 * scale, "\(sample.name): \(worst) of \(scale)")
    }
  }

  @Test("An image's outputs are the same bits in any batch and with any number of threads", arguments: Sample.all)
  func sameBits(_ sample: Sample) throws {
    let model = try sample.model()
    let images = Tensor(sample.shape.batched(7), RandomKey(seed: 4).normal(7 * sample.shape.elementCount))
    let one = Device(threads: 1)
    let two = Device(threads: 2)
    let program = try InferenceProgram(model, to: model.outputs, inputShapes: [sample.shape], on: one)
    let together = program([images], on: two)[0]
    #expect(program([images], on: one)[0] == together)
    for index in 0..<7 {
      let alone = program([images[samples: index..<index + 1]], on: two)[0]
      #expect(alone == together[samples: index..<index + 1], "image \(index)")
    }
  }

  @Test("A program takes a batch of no images, and one whose wanted value is its input", arguments: Sample.all)
  func emptyBatch(_ sample: Sample) throws {
    let device = Device(threads: 2)
    let model = try sample.model()
    let input = model.inputs[0].value
    let program = try InferenceProgram(
      model, to: [input] + model.outputs, inputShapes: [sample.shape], on: device)
    let outputs = program([Tensor(zeros: sample.shape.batched(0))], on: device)
    #expect(outputs.map { $0.shape } == program.outputShapes.map { $0.batched(0) })
    let image = Tensor(sample.shape.batched(2), RandomKey(seed: 8).normal(2 * sample.shape.elementCount))
    #expect(program([image], on: device)[0] == image)
  }

  @Test("A program between two boundaries continues what another one began")
  func betweenBoundaries() throws {
    let sample = Sample.residual
    let device = Device(threads: 2)
    let model = try sample.model()
    let input = Tensor(sample.shape.batched(3), RandomKey(seed: 5).normal(3 * sample.shape.elementCount))
    let fixed = model.ancestors(of: [try model.output(of: "second")])
    let boundary = model.boundary(ofFixed: fixed)
    // Inside the residual block two values cross.
    #expect(boundary.count == 2)
    let first = try InferenceProgram(model, to: boundary, inputShapes: [sample.shape], on: device)
    let second = try InferenceProgram(
      model, from: boundary, to: model.outputs, inputShapes: [sample.shape], on: device)
    let whole = model.values(model.outputs, from: [model.inputs[0].value: input], on: device)[0]
    let joined = second(first([input], on: device), on: device)[0]
    #expect(zip(joined.elements, whole.elements).allSatisfy { abs($0 - $1) < 1e-4 })
  }
}
