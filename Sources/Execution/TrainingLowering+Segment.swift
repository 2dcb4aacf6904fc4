internal import Kernels
internal import Layers
internal import Tensors

extension TrainingLowering {
  /// The first trained steps that are cheap to run twice for what they would keep, if there are such.
  ///
  /// They may cost a third of the forward pass again, a ninth of a step, and must spare `least` floats an image. Batch
  /// statistics are not to be had from a few images, so no layer that takes them can be one of the steps.
  func segment(sparing least: Int) -> (range: Range<Int>, segment: TrainingSegment)? {
    guard let start = steps.firstIndex(where: { !$0.needs.isEmpty }), steps[start].inputs.count == 1 else { return nil }
    let input = steps[start].inputs[0]
    let costs = steps.map(multiplyAdds)
    var budget = costs[start...].reduce(0, +) / 3
    var inside = Set<ValueID>()
    var open = Set<ValueID>()
    var spared = 0
    var found: Int?
    for index in start..<steps.count {
      let step = steps[index]
      budget -= costs[index]
      guard budget >= 0, step.isSampleWise, step.inputs.allSatisfy({ $0 == input || inside.contains($0) }) else {
        break
      }
      inside.insert(step.output)
      open.insert(step.output)
      open.subtract(step.releases)
      let size = shape(step.output).elementCount
      spared += size
      // Nothing else that was made inside is read outside; what is wanted is never released.
      let isClosed = open.isSubset(of: [step.output])
      if isClosed, spared - size >= least { found = index }
    }
    guard let last = found else { return nil }
    let segment = TrainingSegment(
      steps: Array(steps[start...last]), input: input, output: steps[last].output,
      outputShape: shape(steps[last].output), needsGradient: needsGradient)
    return (start..<last + 1, segment)
  }

  private func multiplyAdds(_ step: TrainingStep) -> Int {
    switch step.work {
    case .convolution(let convolution, _), .pooledConvolution(let convolution, _, _),
      .normalization(let convolution?, _, _, _):
      convolution.multiplyAdds
    case .layer: step.layer.multiplyAdds(for: step.inputs.map(shape))
    case .normalization(nil, _, _, _): 0
    }
  }
}
