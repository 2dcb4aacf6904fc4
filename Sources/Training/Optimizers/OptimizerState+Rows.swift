package import Kernels
package import Layers
package import Tensors

extension OptimizerState {
  /// Moves one parameter along a gradient that is made a few rows at a time, so that it is never all in memory. The same bits as
  /// with the whole gradient.
  ///
  /// - Precondition: `optimizer.movesEachNumberAlone`.
  /// - Parameter body: is given some rows of the gradient and of the weights, and what moves the latter along the former.
  package mutating func move(
    _ model: inout Model, _ index: Int, along gradient: GradientRows, _ optimizer: any Optimizer, rate: Double,
    on device: Device,
    _ body: (_ gradient: inout Tensor, _ weights: inout Tensor, _ move: (inout Tensor, Tensor) -> Void) -> Void
  ) {
    precondition(optimizer.movesEachNumberAlone, "\(optimizer.name) needs a parameter's whole gradient")
    withEntry(model.parameters[index].path, model.parameters[index].shape, optimizer) { entry in
      entry.updates += 1
      let step = OptimizerStep(rate: rate, update: entry.updates)
      for range in gradient.parts {
        var slopes = gradient.rows(range)
        entry.slots.withRows(range) { slots in
          model.parameters[index].value.withRows(range) { weights in
            body(&slopes, &weights) { weights, slopes in
              optimizer.decayAndMove(&weights, &slots, along: slopes, step, on: device)
            }
          }
        }
      }
    }
  }
}

extension Optimizer {
  /// Weight decay, then the step.
  func decayAndMove(
    _ weights: inout Tensor, _ slots: inout [Tensor], along gradient: Tensor, _ step: OptimizerStep, on device: Device
  ) {
    if weightDecay != 0 { device.decay(&weights, by: weightDecay * Float(step.rate)) }
    move(&weights, &slots, along: gradient, step, on: device)
  }
}
