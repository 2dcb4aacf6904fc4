internal import Kernels
internal import Layers
internal import Tensors

extension TrainingStep {
  /// The steps, with each maximum pool that alone reads what a convolution's ReLU puts out joined to that convolution: then nothing
  /// is kept of the large image between them.
  ///
  /// Of a window only the place of its largest number gets a gradient, and the ReLU lets it through where that number is not zero:
  /// the pooled image tells that as well.
  static func joiningPools(_ steps: [TrainingStep], shape: (ValueID) -> Shape) -> [TrainingStep] {
    var joined: [TrainingStep] = []
    for step in steps {
      guard let last = joined.last, let pooled = last.joining(step, shape: shape) else {
        joined.append(step)
        continue
      }
      joined[joined.count - 1] = pooled
    }
    return joined
  }

  /// This step with the next one in it, if that pools what this one makes.
  private func joining(_ pool: TrainingStep, shape: (ValueID) -> Shape) -> TrainingStep? {
    // What is released after one step has one reader, and nobody asked for it.
    guard case .convolution(let convolution, let activation) = work, activation.cutsOff, !needs.isEmpty,
      let layer = pool.layer as? MaxPooling2D, case .layer = pool.work, pool.inputs == [output],
      pool.releases.contains(output)
    else { return nil }
    var step = self
    step.work = .pooledConvolution(convolution, activation, layer.window(for: shape(output)))
    step.releases += pool.releases.filter { $0 != output }
    step.output = pool.output
    return step
  }
}

extension NormalizedActivation {
  /// Whether no gradient passes where the output is zero, and an unchanged one or none elsewhere.
  fileprivate var cutsOff: Bool { if case .relu(_, 0, _) = function { true } else { false } }
}
