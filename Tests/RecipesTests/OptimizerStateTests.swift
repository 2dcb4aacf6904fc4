import Foundation
import JSON
import KerasFormat
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing
import Training

@Suite("What an optimizer remembers goes into files and out of them")
struct OptimizerStateFileTests {
  @Test("A state comes back as it went, in every form that has a place for it", arguments: ["h5", "keras"])
  func roundTrip(_ ending: String) throws {
    let model = try Model(
      sequential: "m", inputShape: [2], [("a", Dense(units: 3)), ("b", Dense(units: 2))], seed: 3)
    for optimizer in OptimizerRegistry.all {
      // Keras has no L-BFGS.
      guard SavedTraining.isKept(optimizer.name, config: [:]) else { continue }
      let optimizer = try OptimizerRegistry.optimizer(["name": .string(optimizer.name), "learning_rate": 0.25])
      var saved = SavedTraining(optimizer: optimizer.name, config: optimizer.config, iterations: 7)
      for parameter in model.parameters {
        saved.slots[parameter.path] = Dictionary(
          uniqueKeysWithValues: optimizer.slots.enumerated().map {
            ($1.name, Tensor(repeating: Float($0) + 0.5, optimizer.slotShape($1.name, of: parameter.shape)))
          })
      }
      let state = try #require(OptimizerState(saved, for: optimizer), "\(optimizer.name)")
      let loss = try LossRegistry.loss("categorical_crossentropy")
      let path = TemporaryFolder.path("state.\(ending)")
      let file = SavedModel(model: model, training: state.saved(optimizer, loss: loss, metrics: []))
      try KerasWriter.write(file, to: path, format: ending == "h5" ? .h5 : .keras)
      let again = try #require(try SavedModel.reading(path, withTraining: true).saved.training, "\(optimizer.name)")
      #expect(again.iterations == 7 || optimizer.slots.isEmpty)
      #expect(Self.used(again) == Self.used(saved), "\(optimizer.name)")
      #expect(again.config["learning_rate"]?.doubleValue == 0.25)
      #expect(OptimizerState(again, for: optimizer) != nil)
      let other = try OptimizerRegistry.optimizer(optimizer.name == "adagrad" ? "adam" : "adagrad")
      #expect(OptimizerState(again, for: other) == nil)
    }
  }

  /// What is kept, without the single numbers that stand for nothing: legacy files leave them out.
  private static func used(_ training: SavedTraining) -> [String: [String: Tensor]] {
    training.slots.mapValues { $0.filter { $0.value.shape.rank > 0 } }.filter { !$0.value.isEmpty }
  }
}
