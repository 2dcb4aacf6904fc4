internal import Kernels
internal import Layers
internal import Tensors

/// The first steps of a program, where images are largest: they run a few images at a time, and again for the way back, so that
/// nothing between their input and their output is kept for the whole batch.
///
/// See [Training Deep Nets with Sublinear Memory Cost](https://arxiv.org/abs/1604.06174).
struct TrainingSegment: Sendable {
  let steps: [TrainingStep]
  let input, output: ValueID
  /// The shape of one sample of the output.
  let outputShape: Shape
  let needsGradient: Set<ValueID>

  /// Images at a time: it shows in the order in which gradients are added up, so it follows from nothing.
  static let images = 2

  var parameters: [Int] { Set(steps.flatMap(\.parameters)).sorted() }
}

extension TrainingRun {
  mutating func take(_ segment: TrainingSegment) {
    let input = value(segment.input).whole(on: device)
    let batch = input.shape[0]
    guard batch > TrainingSegment.images else {
      for step in segment.steps { take(step) }
      return
    }
    let parameters = segment.parameters
    // Not all parameters: nobody may hold those that move before this segment's turn comes.
    let passes = SegmentPasses(
      segment: segment, input: input,
      numbers: Dictionary(uniqueKeysWithValues: parameters.map { ($0, number($0)) }), random: random,
      sampleIDs: sampleIDs, device: device)
    release(segment.steps.flatMap(\.releases))
    put(
      passes.forward(),
      ModelEvaluation.Record(inputs: [segment.input], output: segment.output, parameters: parameters) { dOutput in
        LayerGradients(inputs: [nil], parameters: passes.backward(dOutput, parameters))
      })
  }
}

/// The runs of a segment, a few images each.
private struct SegmentPasses {
  let segment: TrainingSegment
  let input: Tensor
  let numbers: [Int: Tensor]
  let random: RandomKey
  let sampleIDs: [UInt64]
  let device: Device

  private var parts: [Range<Int>] {
    stride(from: 0, to: input.shape[0], by: TrainingSegment.images).map {
      $0..<min(input.shape[0], $0 + TrainingSegment.images)
    }
  }

  private func run(_ part: Range<Int>, isRecorded: Bool) -> TrainingRun {
    var run = TrainingRun(
      numbers, [segment.input: input.gathering(samples: Array(part), in: device.buffers)], random: random,
      sampleIDs: Array(sampleIDs[part]), on: device, isRecorded: isRecorded)
    for step in segment.steps { run.take(step) }
    return run
  }

  func forward() -> Tensor {
    let size = segment.outputShape.elementCount
    // Every sample belongs to one part.
    var output = unsafe Tensor(uninitialized: segment.outputShape.batched(input.shape[0]), in: device.buffers)
    writing(&output) { target in
      for part in parts {
        reading(run(part, isRecorded: false).value(segment.output).whole(on: device)) { made in
          device.copy(
            made, rows: part.count, run: size, into: target.advanced(by: part.lowerBound * size), rowStride: size)
        }
      }
    }
    return output
  }

  /// The gradients of `parameters`, added up part by part.
  func backward(_ dOutput: Tensor, _ parameters: [Int]) -> [Tensor?] {
    var sums: [Int: Tensor] = [:]
    for part in parts {
      let run = run(part, isRecorded: true)
      let evaluation = ModelEvaluation(
        outputs: [], statistics: [:], tape: run.tape, wanted: [segment.output], needsGradient: segment.needsGradient,
        parameterCount: 0, device: device)
      let gradient = dOutput.gathering(samples: Array(part), in: device.buffers)
      evaluation.pullback([gradient]) { parameter, gradient in
        if var sum = sums.removeValue(forKey: parameter) {
          device.add(gradient, to: &sum)
          sums[parameter] = sum
        } else {
          sums[parameter] = gradient
        }
      }
    }
    return parameters.map { sums[$0] }
  }
}
