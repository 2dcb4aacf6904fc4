import Kernels
import Layers
import Tensors

/// The way back of a training step, on which what is trained moves.
///
/// Each parameter moves as soon as its gradient is complete, a large matrix even row by row, so that gradients are never all in
/// memory; unless the optimiser wants to see them all, or a constraint that holds for whole parameters comes between a move and
/// a look at it.
struct BackwardMove {
  let penalty: Penalty
  let optimizer: any Optimizer
  let rate: Double
  /// What the rate is multiplied by, for each parameter of the model; nil for 1.
  let factors: [Double]?
  /// The parameters whose steps are measured.
  let looked: Set<Int>
  let device: Device
  /// What was measured.
  private(set) var sizes: [Int: StepSize] = [:]

  init(
    penalty: Penalty, optimizer: any Optimizer, rate: Double, factors: [Double]?, looked: Set<Int>, device: Device
  ) {
    (self.penalty, self.optimizer, self.rate, self.factors) = (penalty, optimizer, rate, factors)
    (self.looked, self.device) = (looked, device)
  }

  mutating func take(_ pass: consuming ForwardPass, _ model: inout Model, _ state: inout OptimizerState) {
    let isConstrained = looked.contains { model.parameters[$0].constraint != nil }
    if optimizer.settings.takesGradientsOneByOne, !isConstrained {
      takeOneByOne(pass, &model, &state)
    } else {
      takeTogether(pass, &model, &state)
    }
  }

  private mutating func takeOneByOne(
    _ pass: consuming ForwardPass, _ model: inout Model, _ state: inout OptimizerState
  ) {
    state.beginStep(optimizer)
    func move(_ parameter: Int, along gradient: consuming Tensor) {
      var gradient = gradient
      penalty.add(to: &gradient, ofParameter: parameter, in: model)
      let before = looked.contains(parameter) ? model.parameters[parameter].value.copied(in: device.buffers) : nil
      state.move(&model, parameter, along: gradient, optimizer, rate: rate(of: parameter), on: device)
      if let before {
        sizes[parameter, default: StepSize()].add(gradient, before: before, after: model.parameters[parameter].value)
      }
    }
    pass.backward { parameter, gradient in
      move(parameter, along: gradient)
    } rows: { parameter, gradient in
      guard optimizer.movesEachNumberAlone else { return move(parameter, along: gradient.whole()) }
      var size = StepSize()
      state.move(&model, parameter, along: gradient, optimizer, rate: rate(of: parameter), on: device) {
        slopes, weights, move in
        penalty.add(to: &slopes, ofParameter: parameter, weights: weights)
        let before = looked.contains(parameter) ? weights.copied(in: device.buffers) : nil
        move(&weights, slopes)
        if let before { size.add(slopes, before: before, after: weights) }
      }
      if looked.contains(parameter) { sizes[parameter] = size }
    }
    state.endStep(&model)
  }

  private mutating func takeTogether(
    _ pass: consuming ForwardPass, _ model: inout Model, _ state: inout OptimizerState
  ) {
    var all = Gradients(parameterCount: model.parameters.count)
    pass.backward { parameter, gradient in
      var gradient = gradient
      penalty.add(to: &gradient, ofParameter: parameter, in: model)
      all[parameter] = gradient
    }
    let before = looked.filter { all[$0] != nil }.map { index in
      (index: index, gradient: all[index], weights: model.parameters[index].value.copied(in: device.buffers))
    }
    state.move(&model, along: all, optimizer, rate: rate, factors: factors, on: device)
    for (index, gradient, weights) in before {
      guard let gradient else { continue }
      sizes[index, default: StepSize()].add(gradient, before: weights, after: model.parameters[index].value)
    }
  }

  private func rate(of parameter: Int) -> Double { rate * (factors?[parameter] ?? 1) }
}

extension Tensor {
  /// The same elements in memory of their own.
  fileprivate func copied(in pool: BufferPool) -> Tensor {
    unsafe withUnsafeElements { source in
      unsafe Tensor(shape, in: pool) { target in _ = unsafe target.update(fromContentsOf: source) }
    }
  }
}
