import JSON
import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("L-BFGS")
struct LBFGSTests {
  private func settings(_ loss: any Loss, l2: Float = 0, epochs: Int = 200) -> PhaseSettings {
    PhaseSettings(
      name: "head", epochs: epochs, loss: loss, metrics: [], optimizer: LBFGS(tolerance: 1e-6), l2: l2, seed: 1)
  }

  @Test("It finds the line that the normal equations give")
  func leastSquares() throws {
    // Two inputs and noise: the minimum of the mean squared error solves (XᵀX) w = Xᵀt, here in Double.
    let noise = RandomKey(seed: 4).normal(3 * 200)
    let rows = (0..<200).map { [Double(noise[3 * $0]), 5 * Double(noise[3 * $0 + 1]) + 2, 1] }
    let wanted = rows.enumerated().map { Float(2 * $1[0] - 0.3 * $1[1] + 1 + 0.1 * Double(noise[3 * $0 + 2])) }
    var equations = (0..<3).map { i in
      (0..<3).map { j in rows.reduce(0) { $0 + $1[i] * $1[j] } }
        + [zip(rows, wanted).reduce(0) { $0 + $1.0[i] * Double($1.1) }]
    }
    for pivot in 0..<3 {
      for row in 0..<3 where row != pivot {
        let factor = equations[row][pivot] / equations[pivot][pivot]
        for column in 0..<4 { equations[row][column] -= factor * equations[pivot][column] }
      }
    }
    let solution = (0..<3).map { equations[$0][3] / equations[$0][$0] }

    let data = InMemory(
      input: Tensor([200, 2], rows.flatMap { [Float($0[0]), Float($0[1])] }), targets: .values(wanted))
    var model = try Model(sequential: "line", inputShape: [2], seed: 1) { Dense(units: 1) }
    var state = TrainingState()
    let result = try Trainer(settings(MeanSquaredError()), on: Device(threads: 1)).train(
      &model, on: data, state: &state)
    let found = model.parameters.flatMap { $0.value.elements.map(Double.init) }
    // It ends when the loss falls by less than 1e-9, which with a curvature of 0.3 or more leaves √(2e-9 / 0.3) at most.
    for (found, expected) in zip(found, solution) { #expect(abs(found - expected) < 2e-4, "\(found), \(expected)") }
    #expect(result.records.count < 40)
  }

  @Test("Softmax regression ends where no gradient is left, to the same bits with any threads and batch size")
  func convexHead() throws {
    let blobs = Blobs(count: 300, seed: 2)
    func trained(threads: Int, batchSize: Int) throws -> (Model, PhaseResult) {
      var model = try Model(sequential: "head", inputShape: [2], seed: 1) {
        Dropout(rate: 0.5)
        Dense(units: 3, activation: .softmax)
      }
      var settings = settings(CategoricalCrossentropy(), l2: 0.01)
      settings.batchSize = batchSize
      var state = TrainingState()
      let result = try Trainer(settings, on: Device(threads: threads)).train(
        &model, on: blobs, validation: Blobs(count: 60, seed: 3), state: &state)
      return (model, result)
    }
    let (model, result) = try trained(threads: 1, batchSize: 32)
    let (other, _) = try trained(threads: 2, batchSize: 7)
    #expect(model.parameters.map(\.value) == other.parameters.map(\.value))
    guard case .stoppedEarly = result.outcome else {
      Issue.record("not converged: \(result.outcome)")
      return
    }
    // Without the dropout, which L-BFGS lets through.
    var plain = try Model(sequential: "head", inputShape: [2], seed: 1) { Dense(units: 3, activation: .softmax) }
    for index in 0..<2 { plain.parameters[index].value = model.parameters[index].value }
    let device = Device(threads: 1)
    let indices = Array(0..<300)
    let pass = plain.trainingPass(
      CategoricalCrossentropy(), Penalty(plain, l2: 0.01), from: blobs.batch(indices, epoch: 0, on: device),
      blobs.targets, random: RandomKey(seed: 1), sampleIDs: indices.map(UInt64.init), on: device)
    #expect(pass.gradients.tensors.allSatisfy { $0?.elements.allSatisfy { abs($0) < 1e-4 } ?? true })
    expectClose(result.records.last?.loss, pass.loss, within: 1e-5)

    // Five hundred epochs of Adam come no lower.
    var state = TrainingState()
    var slow = settings(CategoricalCrossentropy(), l2: 0.01, epochs: 500)
    slow.optimizer = Adam(learningRate: .constant(0.01))
    var followed = try Model(sequential: "head", inputShape: [2], seed: 1) { Dense(units: 3, activation: .softmax) }
    let adam = try Trainer(slow, on: device).train(&followed, on: blobs, state: &state)
    #expect(pass.loss <= (adam.records.map(\.loss).min() ?? 0) + 1e-5)
  }

  @Test("It refuses settings of other optimisers, and constraints")
  func refused() throws {
    #expect { try OptimizerRegistry.optimizer(["name": "lbfgs", "learning_rate": 0.1]) } throws: {
      "\($0)".contains("learning_rate")
    }
    var dense = Dense(units: 1)
    dense.kernelConstraint = .maxNorm(1)
    let layer = dense
    var model = try Model(sequential: "line", inputShape: [2], seed: 1) { layer }
    var state = TrainingState()
    let data = InMemory(input: Tensor([2, 2], [1, 2, 3, 4]), targets: .values([1, 2]))
    #expect {
      try Trainer(settings(MeanSquaredError()), on: Device(threads: 1)).train(&model, on: data, state: &state)
    } throws: { "\($0)".contains("constraint") }
  }
}
