import FineTune

/// The compiled network on a batch.
struct InferenceContender: Contender {
  private let program: InferenceProgram
  private let pictures: Tensor
  private let device: Device
  private var last: Tensor?

  init(_ model: Model, _ pictures: Pictures, on device: Device) throws {
    program = try InferenceProgram(
      model, to: model.outputs, inputShapes: [pictures.tensor.shape.sample], on: device)
    self.pictures = pictures.tensor
    self.device = device
  }

  mutating func run(_ count: Int) -> [Double] {
    (0..<count).map { _ in
      let start = ContinuousClock.now
      last = program([pictures], on: device)[0]
      return start.secondsSince
    }
  }

  var output: [Double] { last.map { $0[samples: 0..<1].elements.map(Double.init) } ?? [] }
}

extension ContinuousClock.Instant {
  /// Seconds from this instant to now.
  var secondsSince: Double {
    let components = duration(to: .now).components
    return Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
