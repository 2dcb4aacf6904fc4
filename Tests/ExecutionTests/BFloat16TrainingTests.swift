import Execution
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("A training program in bfloat16")
struct BFloat16TrainingTests {
  @Test("computes what the model computes layer by layer in bfloat16", arguments: KernelSet.available, Sample.all)
  func equalsReference(_ kernels: KernelSet, _ sample: Sample) throws {
    for way in kernels.bfloat16Products {
      let device = Device(kernels: kernels, threads: 2).training(with: way)
      let found = try pass(sample, fused: true, on: device)
      let expected = try pass(sample, fused: false, on: device)
      // The same numbers, but for the signs of zeros.
      for (one, other) in zip(found.outputs + found.statistics, expected.outputs + expected.statistics) {
        #expect(one.elements == other.elements, "\(way)")
      }
      // Gradients that differ by the order of additions may be rounded to different neighbours.
      #expect(distance(found.gradients, expected.gradients) < 1e-2, "\(way)")
    }
  }

  @Test("stays near the gradients of float32, and is not what float32 gives", arguments: Sample.all)
  func error(_ sample: Sample) throws {
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      let exact = try pass(sample, fused: true, on: device)
      let rounded = try pass(sample, fused: true, on: device.training(with: kernels.bfloat16Products[0]))
      let distance = distance(rounded.gradients, exact.gradients)
      // Few numbers add up here, and batch normalisation over few pixels makes differences larger. Measured: 0.065.
      #expect(distance > 0 && distance < 0.1, "\(sample.name) on \(kernels): \(distance)")
    }
  }

  @Test("gives the same bits on one thread and on two", arguments: Sample.all)
  func sameBits(_ sample: Sample) throws {
    for way in KernelSet.best.bfloat16Products {
      let one = try pass(sample, fused: true, on: Device(threads: 1).training(with: way))
      let two = try pass(sample, fused: true, on: Device(threads: 2).training(with: way))
      #expect(one.outputs == two.outputs && one.statistics == two.statistics && one.gradients == two.gradients)
    }
  }

  private struct Pass {
    let outputs, statistics: [Tensor]
    let gradients: [Tensor?]
  }

  private func pass(_ sample: Sample, fused: Bool, on device: Device) throws -> Pass {
    var model = try sample.model()
    model.batchNormPolicy = .train
    let known = [
      model.inputs[0].value: Tensor(
        sample.shape.batched(5), RandomKey(seed: 3).normal(5 * sample.shape.elementCount))
    ]
    let (random, ids) = (RandomKey(seed: 4), [UInt64](0..<5))
    let evaluation =
      fused
      ? TrainingProgram(model, from: known.mapValues(\.shape.sample), to: model.outputs)
        .evaluate(model, from: known, random: random, sampleIDs: ids, on: device)
      : model.evaluate(model.outputs, from: known, random: random, sampleIDs: ids, on: device)
    let (outputs, statistics) = (evaluation.outputs, evaluation.statistics.map(\.value))
    let slopes = outputs.map { Tensor($0.shape, RandomKey(seed: 5).normal($0.count)) }
    return Pass(outputs: outputs, statistics: statistics, gradients: evaluation.pullback(slopes).tensors)
  }

  /// The largest difference of two numbers, in units of the largest of all.
  private func distance(_ found: [Tensor?], _ expected: [Tensor?]) -> Float {
    let pairs = zip(found, expected).flatMap { zip($0?.elements ?? [], $1?.elements ?? []) }
    return (pairs.map { abs($0 - $1) }.max() ?? 0) / (pairs.map { abs($1) }.max() ?? 1)
  }
}
