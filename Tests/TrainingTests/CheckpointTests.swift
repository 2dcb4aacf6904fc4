import Foundation
import Kernels
import Layers
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

@Suite("Checkpoints: training goes on to the same bits")
struct CheckpointTests {
  private let device = Device(threads: 2)

  @Test(
    "Training that goes on from the file of any batch ends with the bits of training that never stopped",
    arguments: [
      Adam() as any Optimizer, SGD(learningRate: .cosineDecay(CosineDecay(initialLearningRate: 0.1)), momentum: 0.9),
    ])
  func anyBatch(_ optimizer: any Optimizer) throws {
    let start = try Stripes.classifier(seed: 1)
    let (data, validation) = (Stripes(count: 40, seed: 1), Stripes(count: 16, seed: 2))
    var settings = PhaseSettings(
      name: "p", epochs: 4, batchSize: 16, loss: CategoricalCrossentropy(), metrics: [CategoricalAccuracy()],
      optimizer: optimizer, seed: 3)
    settings.earlyStopping = EarlyStopping(patience: 2, restoresBestWeights: true)
    let keeper = EveryBatch()
    var whole = start
    whole.batchNormPolicy = .train
    var state = TrainingState()
    let expected = try Trainer(settings, on: device).train(
      &whole, on: data, validation: validation, state: &state, keeper: keeper)
    let checkpoints = keeper.checkpoints.withLock { $0 }
    #expect(checkpoints.count == expected.steps && expected.steps >= 6)

    for checkpoint in checkpoints {
      let path = TemporaryFolder.path("checkpoint")
      try checkpoint.write(to: path)
      let read = try Checkpoint(contentsOf: path)
      var model = start
      model.batchNormPolicy = .train
      try read.restore(&model, from: path)
      var state = read.state
      let result = try Trainer(settings, on: device).train(
        &model, on: data, validation: validation, state: &state)
      #expect(model.parameters.map(\.value) == whole.parameters.map(\.value), "after step \(read.state.step)")
      #expect(result.records.map(\.loss) == expected.records.map(\.loss))
      #expect(result.records.map { $0["val_loss"] } == expected.records.map { $0["val_loss"] })
      #expect(result.records.map { $0["accuracy"] } == expected.records.map { $0["accuracy"] })
      #expect(result.keptEpoch == expected.keptEpoch && result.steps == expected.steps)
    }
  }

  @Test("A file with any byte changed, or cut anywhere, is refused")
  func damage() throws {
    let model = try Blobs.classifier(seed: 1)
    let checkpoint = Checkpoint(
      fingerprint: RunFingerprint(), phase: 0, finished: [], state: TrainingState(), model: model,
      movable: Array(model.parameters.indices))
    let path = TemporaryFolder.path("checkpoint")
    try checkpoint.write(to: path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(try Checkpoint(contentsOf: path).parameters == checkpoint.parameters)
    for position in stride(from: 0, to: whole.count, by: 7) {
      var changed = whole
      changed[position] ^= 0x40
      try changed.write(to: URL(fileURLWithPath: path))
      #expect(throws: CheckpointError.self, "byte \(position)") { try Checkpoint(contentsOf: path) }
      try whole.prefix(position).write(to: URL(fileURLWithPath: path))
      #expect(throws: CheckpointError.self, "cut at \(position)") { try Checkpoint(contentsOf: path) }
    }
    #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: path + "/nothing") }
  }

  @Test("A folder keeps the last two, and passes over one that is damaged")
  func folder() throws {
    let folder = CheckpointFolder(TemporaryFolder.path("checkpoints"))
    var model = try Blobs.classifier(seed: 1)
    #expect(folder.latest() == nil && folder.isEmpty)
    for number in 1...4 {
      model.parameters[1].value = Tensor(repeating: Float(number), model.parameters[1].shape)
      try folder.add(
        Checkpoint(
          fingerprint: RunFingerprint(), phase: 0, finished: [], state: TrainingState(), model: model, movable: [1]))
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == ["000003.checkpoint", "000004.checkpoint"])
    let last = try #require(folder.latest())
    #expect(last.checkpoint.parameters.values.first?.elements == [4, 4, 4] && last.problems.isEmpty)
    try Data("FTARCH01 and no more".utf8).write(to: URL(fileURLWithPath: folder.path + "/000004.checkpoint"))
    let other = try #require(folder.latest())
    #expect(other.checkpoint.parameters.values.first?.elements == [3, 3, 3] && other.problems.count == 1)
    folder.removeAll()
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  @Test("A checkpoint of another model is refused, and the model stays as it was")
  func otherModel() throws {
    let model = try Blobs.classifier(seed: 1)
    let checkpoint = Checkpoint(
      fingerprint: RunFingerprint(), phase: 0, finished: [], state: TrainingState(), model: model, movable: [0, 1])
    var other = try Stripes.classifier(seed: 2)
    let before = other.parameters.map(\.value)
    #expect(throws: CheckpointError.self) { try checkpoint.restore(&other, from: "file") }
    #expect(other.parameters.map(\.value) == before)
  }
}

/// Keeps a checkpoint of every batch.
private final class EveryBatch: TrainingKeeper {
  let checkpoints = Mutex<[Checkpoint]>([])

  func batchEnded(_ model: Model, _ state: TrainingState) {
    let checkpoint = Checkpoint(
      fingerprint: RunFingerprint(), phase: 0, finished: [], state: state, model: model,
      movable: Array(model.parameters.indices))
    checkpoints.withLock { $0.append(checkpoint) }
  }

  func stopped(_ model: Model, _ state: TrainingState) {}
}
