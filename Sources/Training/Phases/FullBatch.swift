import Kernels
import Layers
import Tensors

/// The loss over all samples as a function of what is trained.
struct FullBatch {
  /// What the function is at a point.
  struct Value {
    var weights: [Double]
    var loss: Double
    var gradient: [Double]
    var result: EvaluationResult
  }

  private let settings: PhaseSettings
  private let source: any BatchSource
  private let penalty: Penalty
  private let device: Device
  private let parameters: [Int]
  /// Everything random lets everything through, everything that moves by itself stands still.
  private var model: Model

  /// How many samples are in work at once. Sums are the same for any batch size of the phase because this is fixed.
  private static let chunkSize = 128

  init(_ settings: PhaseSettings, _ source: any BatchSource, _ model: Model, on device: Device) {
    self.settings = settings
    self.source = source
    self.device = device
    self.model = model
    parameters = model.trainableParameters
    penalty = Penalty(model, l1: settings.l1, l2: settings.l2)
    let trainable = Set(parameters)
    self.model.setTrained(
      Set(model.instances.indices.filter { model.instances[$0].parameters.contains(where: trainable.contains) }))
    switch model.batchNormPolicy {
    case .train: self.model.batchNormPolicy = .affine
    case .statistics: self.model.batchNormPolicy = .frozen
    case .affine, .frozen: break
    }
  }

  /// Where `model` stands.
  func weights(of model: Model) -> [Double] {
    parameters.flatMap { model.parameters[$0].value.elements.map(Double.init) }
  }

  /// Gives `model` the weights of a point, in single precision.
  func assign(_ weights: [Double], to model: inout Model) {
    var start = 0
    for index in parameters {
      let shape = model.parameters[index].shape
      model.parameters[index].value = Tensor(
        shape, weights[start..<start + shape.elementCount].map { Float($0) })
      start += shape.elementCount
    }
  }

  /// The value at a point; nil if it was stopped.
  mutating func evaluate(_ weights: [Double], shouldStop: () -> Bool) throws -> Value? {
    assign(weights, to: &model)
    var gradient = [Double](repeating: 0, count: weights.count)
    var loss = 0.0
    var running = RunningResult(settings.metrics)
    for first in stride(from: 0, to: source.count, by: Self.chunkSize) {
      if shouldStop() { return nil }
      let indices = Array(first..<min(source.count, first + Self.chunkSize))
      let drawn = source.targets(indices, epoch: settings.firstEpoch)
      let targets = settings.classWeights.map { drawn.weighted(byClass: $0) } ?? drawn
      let pass = model.trainingPass(
        settings.loss, penalty, from: try source.batch(indices, epoch: settings.firstEpoch, on: device), targets,
        random: settings.key, sampleIDs: indices.map(UInt64.init), on: device)
      let share = Double(indices.count) / Double(source.count)
      loss += share * pass.loss
      running.add(
        loss: pass.loss, unweighted: targets.weights == nil ? nil : pass.unweightedLoss, pass.outputs, targets)
      var start = 0
      for index in parameters {
        let count = model.parameters[index].value.count
        if let part = pass.gradients[index] {
          unsafe part.withUnsafeElements { numbers in
            for place in 0..<count { unsafe gradient[start + place] += share * Double(numbers[place]) }
          }
        }
        start += count
      }
    }
    return Value(weights: weights, loss: loss, gradient: gradient, result: running.result)
  }
}
