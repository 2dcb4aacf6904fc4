import JSON
import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("Early stopping")
struct EarlyStoppingTests {
  /// What Keras 3.15.1 did with `EarlyStopping(monitor="val_loss", restore_best_weights=True, …)` when it was shown these
  /// values one epoch after the other: the epoch it ended after, and the epoch whose weights it restored.
  static let cases: [(values: [Double], settings: JSONValue, ended: Int, kept: Int)] = [
    ([5, 4, 4, 4, 3, 6], ["patience": 2], 4, 2),
    ([5, 4, 4.5, 3.95, 3.9, 3.8], ["patience": 2, "min_delta": 0.2], 4, 2),
    ([1, 2, 3], ["patience": 0], 2, 1),
    ([0.5, 0.6, 0.6, 0.55, 0.7], ["patience": 3, "mode": "max"], 5, 5),
    ([5, 6, 7, 4, 8, 9], ["patience": 2, "baseline": 4.5], 2, 1),
    ([1, 5, 4, 6, 7, 8], ["patience": 2, "start_from_epoch": 1], 5, 3),
  ]

  @Test("It ends and restores where Keras does", arguments: cases.indices)
  func scripted(_ index: Int) throws {
    let (values, settings, ended, kept) = Self.cases[index]
    var config = try #require(settings.objectValue)
    config["restore_best_weights"] = true
    config["monitor"] = "val_scripted"
    if config["mode"] == nil { config["mode"] = "min" }
    let (result, weights, snapshots) = try run(EarlyStopping(config: .object(config)), values)
    #expect(result.records.count == ended)
    #expect(result.keptEpoch == kept)
    #expect(weights == snapshots[kept - 1])
    #expect(result.outcome == (ended == values.count ? .completed : .stoppedEarly(epoch: ended)))
  }

  @Test("Without restoring, the model stays as the last epoch left it")
  func withoutRestoring() throws {
    var stopping = EarlyStopping(monitor: "val_scripted", patience: 1)
    stopping.mode = .min
    let (result, weights, snapshots) = try run(stopping, [1, 2, 3])
    #expect(result.keptEpoch == 2)
    #expect(weights == snapshots[1] && weights != snapshots[0])
  }

  @Test(
    "It looks every n epochs, patience counts looks, and it goes back to the best look or to the one before the last",
    arguments: [
      // Looks at epochs 2, 4, 6: 4, 5, 6. One look without improvement ends it after epoch 4.
      ([9, 4, 1, 5, 7, 6], ["check_every": 2, "patience": 1, "restore": "best"], 4, 2),
      ([9, 4, 1, 5, 7, 6], ["check_every": 2, "patience": 2, "restore": "best"], 6, 2),
      ([9, 4, 1, 5, 7, 6], ["check_every": 2, "patience": 2, "restore": "previous"], 6, 4),
      // The best epoch is 2, the look before the one that ends it is epoch 3.
      ([5, 3, 4, 4, 1], ["patience": 2, "restore": "previous"], 4, 3),
      ([5, 3, 4, 4, 1], ["patience": 2, "restore": "last"], 4, 4),
      // Nothing ends it: it stays as the last epoch left it.
      ([5, 4, 3], ["patience": 1, "restore": "previous"], 3, 3),
      // It never looks.
      ([5, 4, 3], ["check_every": 4, "restore": "best"], 3, 3),
      ([5, 4, 3], ["start_from_epoch": 3, "restore_best_weights": true], 3, 3),
    ] as [([Double], JSONValue, Int, Int)])
  func looks(_ values: [Double], _ settings: JSONValue, _ ended: Int, _ kept: Int) throws {
    var config = try #require(settings.objectValue)
    config["monitor"] = "val_scripted"
    config["mode"] = "min"
    let (result, weights, snapshots) = try run(EarlyStopping(config: .object(config)), values)
    #expect(result.records.count == ended)
    #expect(result.keptEpoch == kept)
    #expect(weights == snapshots[kept - 1])
  }

  @Test("restore and Keras' restore_best_weights must agree")
  func restoring() throws {
    #expect(try EarlyStopping(config: ["restore": "best"]) == EarlyStopping(config: ["restore_best_weights": true]))
    #expect { try EarlyStopping(config: ["restore": "previous", "restore_best_weights": true]) } throws: {
      "\($0)".contains("contradict")
    }
    #expect { try EarlyStopping(config: ["restore": "best", "restore_best_weights": false]) } throws: {
      "\($0)".contains("contradict")
    }
    #expect { try EarlyStopping(config: ["check_every": 0]) } throws: { "\($0)".contains("check_every") }
    let stopping = try EarlyStopping(config: ["restore": "previous", "check_every": 3])
    #expect(try EarlyStopping(config: stopping.config) == stopping)
  }

  @Test("What is monitored goes up or down by its own nature")
  func direction() throws {
    let stopping = EarlyStopping(monitor: "val_scripted", patience: 5, restoresBestWeights: true)
    #expect(try run(stopping, [1, 3, 2]).result.keptEpoch == 2)
  }

  @Test("A monitor that does not exist is refused")
  func unknown() {
    let metrics: [any Metric] = [CategoricalAccuracy()]
    #expect {
      try EarlyStopping(monitor: "val_acuracy").check(metrics: metrics, hasValidation: true)
    } throws: { "\($0)".contains("Did you mean \"val_accuracy\"") }
    #expect {
      try EarlyStopping(monitor: "val_loss").check(metrics: metrics, hasValidation: false)
    } throws: { "\($0)".contains("validation") }
    #expect(throws: Never.self) {
      try EarlyStopping(monitor: "val_accuracy").check(metrics: metrics, hasValidation: true)
    }
    #expect { try EarlyStopping(config: ["patiense": 3]) } throws: { "\($0)".contains("Did you mean \"patience\"") }
  }

  @Test("Its configuration reads back")
  func configuration() throws {
    let stopping = try EarlyStopping(config: ["monitor": "val_accuracy", "patience": 3, "baseline": 0.5])
    #expect(try EarlyStopping(config: stopping.config) == stopping)
    #expect(stopping.patience == 3 && !stopping.restoresBestWeights)
  }

  /// Trains for as many epochs as there are values, with a metric that reads the next of them on the validation data.
  private func run(
    _ stopping: EarlyStopping, _ values: [Double]
  ) throws -> (result: PhaseResult, weights: [Float], snapshots: [[Float]]) {
    let script = Script(values)
    var settings = PhaseSettings(
      name: "test", epochs: values.count, loss: CategoricalCrossentropy(), metrics: [script],
      optimizer: SGD(learningRate: .constant(0.01)), seed: 1)
    settings.earlyStopping = stopping
    let device = Device(threads: 1)
    var model = try Blobs.classifier(seed: 1)
    var state = TrainingState()
    let result = try Trainer(settings, on: device).train(
      &model, on: Blobs(count: 40, seed: 1), validation: Blobs(count: 4, seed: 2), state: &state)
    // The same training without stopping, an epoch at a time, gives what every epoch left.
    var snapshots: [[Float]] = []
    var follower = try Blobs.classifier(seed: 1)
    state = TrainingState()
    settings.earlyStopping = nil
    settings.metrics = []
    for epoch in values.indices {
      settings.epochs = 1
      settings.firstEpoch = epoch
      _ = try Trainer(settings, on: device).train(&follower, on: Blobs(count: 40, seed: 1), state: &state)
      snapshots.append(follower.parameters[0].value.elements)
    }
    return (result, model.parameters[0].value.elements, snapshots)
  }
}

/// A metric that gives scripted values on validation data, which are four samples, one after the other.
private final class Script: AveragedMetric {
  let name = "scripted"
  let improvesUpwards = true
  private let values: [Double]
  private let next = Position()

  init(_ values: [Double]) { self.values = values }

  func sum(_ outputs: Tensor, _ targets: Targets) -> Double {
    targets.count == 4 ? 4 * values[next.advance()] : 0
  }

  static func == (lhs: Script, rhs: Script) -> Bool { lhs === rhs }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
