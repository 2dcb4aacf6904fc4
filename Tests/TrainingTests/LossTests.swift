import Foundation
import JSON
import Layers
import Tensors
import Testing
import Training

/// Expected values come from Keras 3.15.1 with `KERAS_BACKEND=numpy`, from the snippet above each.
@Suite("Losses")
struct LossTests {
  let classes = Targets.classes([2, 0, 1], count: 3)
  /// The last row is as wrong as can be: the right class has probability 0.
  let probabilities = Tensor([3, 3], [0.1, 0.2, 0.7, 0.3, 0.3, 0.4, 0, 0, 1])
  let logits = Tensor([3, 3], [1, -2, 3, 0.5, 0.5, -1, 30, -40, 2])

  @Test("Categorical crossentropy is Keras', by either name, with clipping")
  func categorical() {
    // CategoricalCrossentropy()(to_categorical([2, 0, 1]), probabilities)
    expectClose(CategoricalCrossentropy()(probabilities, classes), 5.892_914_3)
    expectClose(SparseCategoricalCrossentropy()(probabilities, classes), 5.892_914_3)
    // CategoricalCrossentropy(label_smoothing=0.1)(…)
    expectClose(CategoricalCrossentropy(labelSmoothing: 0.1)(probabilities, classes), 5.746_168_6)
    // CategoricalCrossentropy()(…, [[.2, .2, .2], [.5, 1, .5], [1, 3, 4]]): rows are divided by their sums
    let rows = Tensor([3, 3], [0.2, 0.2, 0.2, 0.5, 1, 0.5, 1, 3, 4])
    expectClose(CategoricalCrossentropy()(rows, classes), 1.155_245_3)
    // CategoricalCrossentropy(from_logits=True[, label_smoothing=0.1])(to_categorical([2, 0, 1]), logits)
    expectClose(CategoricalCrossentropy(fromLogits: true)(logits, classes), 23.643_920_9)
    expectClose(CategoricalCrossentropy(fromLogits: true, labelSmoothing: 0.1)(logits, classes), 22.493_921_3)
  }

  @Test("Binary crossentropy is Keras', for one output and for one per class")
  func binary() {
    let answers = Targets.classes([1, 0, 1, 0], count: 2)
    // BinaryCrossentropy()([[1.], [0.], [1.], [0.]], [[.8], [.3], [0.], [1.]]). Keras' own number, 8.160074, is 0.04
    // lower: in single precision 1 − (1 − 1e-7) is 1.19e-7. In doubles the formula gives this.
    let expected = (-log(0.8) - log(0.7) - 2 * log(1e-7)) / 4
    expectClose(BinaryCrossentropy()(Tensor([4, 1], [0.8, 0.3, 0, 1]), answers), expected)
    // BinaryCrossentropy()(to_categorical([2, 0, 1]), [[.1, .2, .7], [.3, .3, .4], [.2, .6, .9]])
    let perClass = Tensor([3, 3], [0.1, 0.2, 0.7, 0.3, 0.3, 0.4, 0.2, 0.6, 0.9])
    expectClose(BinaryCrossentropy()(perClass, classes), 0.643_689_57)
    let numbers = Tensor([4, 1], [2, -1, -20, 3])
    let direct = (log(1 + exp(-2.0)) + log(1 + exp(-1.0)) + 20 + log(1 + exp(-20.0)) + 3 + log(1 + exp(-3.0))) / 4
    expectClose(BinaryCrossentropy(fromLogits: true)(numbers, answers), direct)
  }

  @Test("The mean squared error is Keras'")
  func squared() {
    // MeanSquaredError()([[1.], [2.], [-3.]], [[1.5], [1.], [0.]])
    expectClose(MeanSquaredError()(Tensor([3, 1], [1.5, 1, 0]), .values([1, 2, -3])), 3.416_666_7)
  }

  static let gradientCases: [(any Loss, Targets, Tensor)] = [
    (CategoricalCrossentropy(), .classes([2, 0], count: 3), Tensor([2, 3], [0.1, 0.2, 0.7, 0.3, 0.3, 0.4])),
    (CategoricalCrossentropy(), .classes([1, 0], count: 3), Tensor([2, 3], [0.5, 0.9, 0.7, 1, 3, 2])),
    (
      CategoricalCrossentropy(labelSmoothing: 0.2), .classes([2, 0], count: 3),
      Tensor([2, 3], [0.1, 0.2, 0.7, 0.3, 0.3, 0.4])
    ),
    (CategoricalCrossentropy(fromLogits: true), .classes([2, 0], count: 3), Tensor([2, 3], [1, -2, 3, 0.5, 2, -1])),
    (SparseCategoricalCrossentropy(), .classes([1, 1], count: 2), Tensor([2, 2], [0.25, 0.75, 0.6, 0.4])),
    (BinaryCrossentropy(), .classes([1, 0], count: 2), Tensor([2, 1], [0.8, 0.3])),
    (BinaryCrossentropy(fromLogits: true), .classes([1, 0], count: 2), Tensor([2, 1], [-3, 0.5])),
    (MeanSquaredError(), .values(Tensor([2, 2], [1, 2, -3, 0])), Tensor([2, 2], [1.5, 1, 0, 4])),
  ]

  @Test("A loss' gradient is its slope", arguments: gradientCases.indices)
  func gradient(_ index: Int) {
    let (loss, targets, outputs) = Self.gradientCases[index]
    let gradient = loss.evaluate(outputs, targets).gradient.elements
    // The step is a power of two, so that moving an output by it is exact or nearly so; the loss itself is in doubles.
    let step: Float = 0x1p-9
    for element in 0..<outputs.count {
      var (above, below) = (outputs.elements, outputs.elements)
      above[element] += step
      below[element] -= step
      let width = Double(above[element]) - Double(below[element])
      let slope = (loss(Tensor(outputs.shape, above), targets) - loss(Tensor(outputs.shape, below), targets)) / width
      #expect(abs(Double(gradient[element]) - slope) < 2e-3 * max(1, abs(slope)), "\(loss.name), output \(element)")
    }
  }

  @Test("A sample that is wrong with certainty has a finite gradient, and through softmax one that still pulls")
  func certainlyWrong() {
    let outputs = Tensor([1, 2], [1 - 1e-30, 1e-30])
    let gradient = CategoricalCrossentropy().evaluate(outputs, .classes([1], count: 2)).gradient.elements
    #expect(gradient.allSatisfy { $0.isFinite })
    // Softmax's pullback, pⱼ (gⱼ − Σ g p), makes of it p − t = (1, −1).
    let weighted = zip(gradient, outputs.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    let pulled = zip(gradient, outputs.elements).map { Double($1) * (Double($0) - weighted) }
    expectClose(pulled[0], 1)
    expectClose(pulled[1], -1)
  }

  @Test("One-hot rows are what they say")
  func oneHotRows() {
    #expect(oneHot([2, 0], count: 3) == Tensor([2, 3], [0, 0, 1, 1, 0, 0]))
    #expect(classes[[1, 1, 2]] == .classes([0, 0, 1], count: 3))
    #expect(Targets.values([1, 2, 3])[[2, 0]] == .values([3, 1]))
  }

  @Test("Every loss reads back its own configuration", arguments: LossRegistry.names)
  func configuration(_ name: String) throws {
    let loss = try LossRegistry.loss(.string(name))
    #expect(loss.name == name)
    #expect(try LossRegistry.loss(loss.config).config == loss.config)
  }

  @Test("A misspelt loss or setting is named, with what may have been meant")
  func misspelt() {
    #expect { try LossRegistry.loss("categorical_crossentopy") } throws: {
      "\($0)".contains("Did you mean \"categorical_crossentropy\"")
    }
    #expect { try LossRegistry.loss(["name": "mse", "from_logits": true]) } throws: { "\($0)".contains("from_logits") }
    #expect { try LossRegistry.loss(["from_logits": true]) } throws: { "\($0)".contains("name") }
  }

  @Test("A loss refuses outputs and targets that do not fit, and says what to do")
  func mismatch() {
    #expect { try CategoricalCrossentropy().check(output: [4], targets: classes) } throws: {
      "\($0)".contains("3 units")
    }
    #expect { try CategoricalCrossentropy().check(output: [1], targets: .classes([0, 1], count: 2)) } throws: {
      "\($0)".contains("binary_crossentropy")
    }
    #expect { try CategoricalCrossentropy().check(output: [7, 7, 3], targets: classes) } throws: {
      "\($0)".contains("GlobalAveragePooling2D")
    }
    #expect { try CategoricalCrossentropy().check(output: [3], targets: .values([1])) } throws: {
      "\($0)".contains("mean_squared_error")
    }
    #expect { try MeanSquaredError().check(output: [2], targets: .values([1])) } throws: {
      "\($0)".contains("2 outputs")
    }
    #expect(throws: Never.self) { try BinaryCrossentropy().check(output: [1], targets: .classes([0, 1], count: 2)) }
  }
}
