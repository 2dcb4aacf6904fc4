internal import Execution
internal import Images
public import Kernels
internal import Layers
internal import Tensors
internal import Training

/// How long a plan would take and how much memory, from running a few made-up pictures through the model on this machine.
///
/// Decoding is not part of it: how long that takes depends on the pictures.
public struct PlanEstimate: Sendable {
  public struct Phase: Sendable {
    public let name: String
    public let seconds: Double
    /// Bytes of features at the boundary, kept in memory; 0 where they are computed again in every epoch.
    public let featureBytes: Int
    /// Pictures that go through the frozen part once before the phase, and how many of them the cache holds already.
    public let features: FeatureUse
  }

  /// Of one model; those of other folds find its features.
  public let phases: [Phase]
  public let seconds: Double
  public let memoryBytes: Int
  /// What training steps multiply on this machine.
  public let trainingPrecision: Precision

  /// - Parameter usesCache: false to leave features on disk out of account, whatever the recipe says.
  public init(_ plan: Plan, on device: Device, usesCache: Bool = true) throws {
    let clock = ContinuousClock()
    let cache = usesCache ? plan.featureCache() : nil
    let forecast = try FeatureForecast(plan, cache: cache, on: device)
    let trainingCount = plan.training.count
    let validationCount = plan.validation?.count ?? 0
    let picture = Tensor(zeros: plan.inputShape.batched(2 * device.threadCount), in: device.buffers)

    var model = plan.model
    var phases: [Phase] = []
    var trainingSeconds = 0.0
    let trainingDevice = device.training(in: plan.recipe.trainingPrecision)
    trainingPrecision = trainingDevice.trainingPrecision
    for (phase, features) in zip(plan.phases, forecast.phases) {
      phase.configure(&model)
      let program = try InferenceProgram(
        model, to: phase.boundary, inputShapes: [plan.inputShape],
        on: device.computing(in: plan.recipe.precision))
      _ = program([picture], on: device)
      let perImage = clock.measure { _ = program([picture], on: device) }.seconds / Double(picture.shape[0])

      let size = min(plan.recipe.data.batchSize, trainingCount)
      let shapes = try model.shapes(for: [plan.inputShape])
      let known = Dictionary(
        uniqueKeysWithValues: phase.boundary.map { ($0, Tensor(zeros: shapes[$0.index].batched(size))) })
      let training = TrainingProgram(model, from: known.mapValues(\.shape.sample), to: model.outputs)
      func step() {
        let pass = training.evaluate(
          model, from: known, random: RandomKey(seed: 0), sampleIDs: (0..<UInt64(size)).map { $0 },
          on: trainingDevice)
        let gradients = pass.outputs.map { Tensor(repeating: 1e-3, $0.shape) }
        // As in training: where parameters move one by one, no gradient waits for the others.
        let optimizer = phase.recipe.optimizer
        guard optimizer.settings.takesGradientsOneByOne else {
          _ = pass.pullback(gradients)
          return
        }
        pass.pullback(gradients) { _, _ in
        } deliverRows: { _, gradient in
          let parts = optimizer.movesEachNumberAlone ? gradient.parts : [0..<gradient.shape[0]]
          for part in parts { _ = gradient.rows(part) }
        }
      }
      step()
      let perStep = clock.measure(step).seconds
      let steps = (trainingCount + size - 1) / size
      let place = plan.place(of: phase, cache: cache)
      let keeps = place != .nowhere
      // Validation costs about a third of a training pass.
      let epoch = Double(steps) * perStep * (1 + Double(validationCount) / Double(trainingCount) / 3)
      // What is not kept goes through the frozen part in every epoch.
      let again =
        (keeps && plan.hasFixedPictures(phase) ? 0 : trainingCount) + (keeps ? 0 : validationCount)
      let computed = features.images - features.stored + phase.epochs.count * again
      trainingSeconds += Double(phase.epochs.count) * (epoch + Double(again) * perImage)
      phases.append(
        Phase(
          name: phase.recipe.name + (phase.thawed.isEmpty ? "" : ", from epoch \(phase.epochs.lowerBound + 1)"),
          seconds: Double(phase.epochs.count) * epoch + Double(computed) * perImage,
          featureBytes: place == .memory ? plan.featureBytes(phase) : 0, features: features))
    }
    self.phases = phases
    seconds = phases.reduce(0) { $0 + $1.seconds } + Double(plan.modelCount - 1) * trainingSeconds
    let weights = plan.model.parameters.reduce(0) { $0 + $1.shape.elementCount } * 4
    memoryBytes = 2 * weights + device.buffers.byteCount + (phases.map(\.featureBytes).max() ?? 0)
  }
}
