import Kernels
import Layers
import Tensors
import TestSupport
import Testing
import Training

@Suite("Diagnosis: curves, gradients, units and inputs in words")
struct DiagnosisTests {
  private let device = Device(threads: 2)

  @Test("Training against validation curves are read as variance, bias, or neither")
  func curves() {
    typealias Curve = (loss: [Double], accuracy: [Double], valLoss: [Double], valAccuracy: [Double])
    let overfitting: Curve = ([1, 0.6, 0.3, 0.1], [0.5, 0.7, 0.9, 1], [1, 0.8, 0.9, 1.2], [0.5, 0.65, 0.66, 0.66])
    let behind: Curve = ([1, 0.2, 0.1, 0.1], [0.5, 0.95, 0.97, 0.97], [1, 0.9, 0.88, 0.88], [0.5, 0.7, 0.7, 0.7])
    let poor: Curve = (
      [1.7, 1.61, 1.6, 1.6], [0.25, 0.3, 0.31, 0.31], [1.7, 1.6, 1.6, 1.6], [0.25, 0.3, 0.31, 0.31]
    )
    let falling: Curve = ([1, 0.9, 0.8, 0.7], [0.5, 0.6, 0.65, 0.7], [1, 0.9, 0.8, 0.7], [0.5, 0.6, 0.65, 0.7])
    let good: Curve = ([1, 0.1, 0.1, 0.1], [0.5, 0.97, 0.97, 0.97], [1, 0.12, 0.12, 0.12], [0.5, 0.96, 0.96, 0.96])
    let expected: [(Curve, LearningCurve.Verdict)] = [
      (overfitting, .highVariance), (behind, .highVariance), (poor, .highBias), (falling, .stillImproving),
      (good, .settled),
    ]
    for (curve, verdict) in expected {
      let records = curve.loss.indices.map { epoch in
        func result(_ loss: Double, _ accuracy: Double) -> EvaluationResult {
          EvaluationResult(samples: 10, loss: loss, metrics: [MetricValue(name: "accuracy", value: accuracy)])
        }
        return EpochRecord(
          phase: "p", epoch: epoch + 1, training: result(curve.loss[epoch], curve.accuracy[epoch]),
          validation: result(curve.valLoss[epoch], curve.valAccuracy[epoch]), learningRate: 0.1, seconds: 1)
      }
      let reading = LearningCurve(records, classCount: 5)
      #expect(reading.verdict == verdict, "\(reading.explanation)")
      #expect(LearningCurve(Array(records.prefix(2)), classCount: 5).verdict == .unknown)
    }
  }

  @Test("A deep sigmoid network's first layers get no gradient; with ReLU they do")
  func vanishing() throws {
    func network(_ activation: ActivationFunction) throws -> Model {
      let hidden: [(name: String?, layer: any Layer)] = (0..<8).map { _ in
        (nil, Dense(units: 16, activation: activation))
      }
      return try Model(
        sequential: "deep", inputShape: [8, 8, 1],
        [(nil, Flatten())] + hidden + [(nil, Dense(units: 2, activation: .softmax))],
        seed: 1)
    }
    var found: [GradientFlow.Verdict] = []
    for activation in [ActivationFunction.sigmoid, .relu()] {
      var model = try network(activation)
      let settings = PhaseSettings(
        name: "p", epochs: 3, batchSize: 16, loss: CategoricalCrossentropy(), metrics: [],
        optimizer: SGD(learningRate: .constant(0.01)), seed: 1)
      var state = TrainingState()
      let result = try Trainer(settings, on: device).train(&model, on: Stripes(count: 64, seed: 1), state: &state)
      #expect(result.gradientFlow.steps == 3 && result.gradientFlow.rows.count == 9)
      found.append(result.gradientFlow.verdict)
    }
    #expect(found == [.vanishing, .healthy])
  }

  @Test("Gradient and step sizes are the root mean squares that plain loops give")
  func flow() throws {
    var model = try Blobs.classifier(seed: 1)
    let blobs = Blobs(count: 32, seed: 1)
    let before = model
    let settings = PhaseSettings(
      name: "p", epochs: 1, batchSize: 32, loss: CategoricalCrossentropy(), metrics: [],
      optimizer: SGD(learningRate: .constant(0.25)), seed: 1)
    var state = TrainingState()
    let result = try Trainer(settings, on: device).train(&model, on: blobs, state: &state)
    let row = try #require(result.gradientFlow.rows.first)
    let (old, new) = (before.parameters[0].value.elements, model.parameters[0].value.elements)
    var (step, size) = (0.0, 0.0)
    for (a, b) in zip(old, new) {
      step += (Double(b) - Double(a)) * (Double(b) - Double(a))
      size += Double(a) * Double(a)
    }
    #expect(row.path == "dense/kernel")
    #expect(abs(row.update - (step / size).squareRoot()) < 1e-6)
    // Plain gradient descent moves by the rate times the gradient.
    #expect(abs(row.gradient - (step / 6).squareRoot() / 0.25) < 1e-5 * row.gradient)
  }

  @Test("Dead rectified units and saturated ones are counted")
  func units() throws {
    var model = try Model(sequential: "m", inputShape: [4], seed: 1) {
      Dense(units: 10, activation: .relu())
      Dense(units: 5, activation: .tanh)
      Dense(units: 2, activation: .sigmoid)
    }
    let input = Tensor([8, 4], RandomKey(seed: 1).normal(32))
    #expect(ActivationHealth(model, from: [model.inputs[0].value: input], on: device).explanation == nil)
    model.parameters[1].value = Tensor([10], [0, 0, 0, 0, 0, 0, 0, -99, -99, -99])
    model.parameters[3].value = Tensor([5], [50, 50, 50, 50, 0])
    let health = ActivationHealth(model, from: [model.inputs[0].value: input], on: device)
    #expect(health.rows.map(\.path) == ["dense", "dense_1", "dense_2"])
    #expect((health.rows[0].dead ?? 0) >= 3 && health.rows[0].saturated == nil)
    #expect((health.rows[1].saturated ?? 0) >= 0.8 && health.rows[1].dead == nil)
    let text = try #require(health.explanation)
    #expect(text.contains("of 10 units of dense are dead") && text.contains("dense_1"))
    // What was so before training is nobody's mistake.
    #expect(health.explanation(since: health) == nil)
  }

  @Test("What a model ends with may stand at its ends: those are answers")
  func answers() throws {
    var model = try Model(sequential: "m", inputShape: [4], seed: 1) { Dense(units: 2, activation: .sigmoid) }
    model.parameters[1].value = Tensor([2], [50, -50])
    let input = Tensor([8, 4], RandomKey(seed: 1).normal(32))
    let health = ActivationHealth(model, from: [model.inputs[0].value: input], on: device)
    #expect(health.rows[0].saturated == 1 && health.explanation == nil)
  }

  @Test("Counted batch by batch it is the same as at once; without such activations there is nothing to count")
  func batches() throws {
    let stripes = Stripes(count: 60, seed: 3)
    let model = try Stripes.classifier(seed: 2, activation: .tanh)
    let known = stripes.batch(Array(0..<60), epoch: 0, on: device)
    #expect(
      try ActivationHealth(model, on: stripes, device: device) == ActivationHealth(model, from: known, on: device))
    let rectified = try Stripes.classifier(seed: 2)
    let (some, all) = (
      try ActivationHealth(rectified, on: stripes, samples: 20, device: device),
      ActivationHealth(rectified, from: known, on: device)
    )
    #expect(some?.samples == 20 && all.samples == 60 && all.rows.map(\.units) == [6, 4])
    #expect(try ActivationHealth(Blobs.classifier(seed: 1), on: Blobs(count: 9, seed: 1), device: device) == nil)
  }

  @Test("The statistics of batch normalisation tell the preprocessing that a backbone was trained with")
  func inputs() throws {
    var model = try Model(sequential: "m", inputShape: [16, 16, 3], seed: 1) {
      Conv2D(filters: 8, kernelSize: Size(3, 3), usesBias: false)
      BatchNormalization()
      ReLU()
    }
    let pixels = Tensor([8, 16, 16, 3], RandomKey(seed: 2).uniform(8 * 16 * 16 * 3).map { ($0 * 255).rounded() })
    #expect(InputCheck(model, pixels, on: device) == nil, "statistics that nobody has learned say nothing")
    let right = Preprocessing.tf(pixels)
    let values = model.values([model.nodes[0].output], from: [model.inputs[0].value: right], on: device)[0]
    let (mean, variance) = moments(values)
    model.parameters[3].value = Tensor([8], mean)
    model.parameters[4].value = Tensor([8], variance)
    let distances = try Preprocessing.all.map { mode in
      try #require(InputCheck(model, mode(pixels), on: device)).distance
    }
    #expect(distances[1] < 1e-3)
    for (index, distance) in distances.enumerated() where index != 1 {
      #expect(distance > 0.3, "\(Preprocessing.all[index])")
    }
  }

  private func moments(_ values: Tensor) -> (mean: [Float], variance: [Float]) {
    let channels = values.shape[-1]
    let elements = values.elements
    var (means, variances): ([Float], [Float]) = ([], [])
    for channel in 0..<channels {
      let own = stride(from: channel, to: elements.count, by: channels).map { Double(elements[$0]) }
      let mean = own.reduce(0, +) / Double(own.count)
      means.append(Float(mean))
      variances.append(Float(own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count)))
    }
    return (means, variances)
  }
}
