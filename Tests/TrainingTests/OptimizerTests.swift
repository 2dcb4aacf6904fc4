import JSON
import Kernels
import Layers
import Tensors
import Testing
import Training

/// Expected values come from Keras 3.15.1 with `KERAS_BACKEND=numpy`:
///
///     v = keras.Variable(np.array([1.0, -2.0, 0.5], "float32"))
///     for g in [[.1, -.2, .3], [.4, .05, -.6], [-.3, .2, .1]]: optimizer.apply([np.array(g, "float32")], [v])
@Suite("Optimisers")
struct OptimizerTests {
  static let gradients: [[Float]] = [[0.1, -0.2, 0.3], [0.4, 0.05, -0.6], [-0.3, 0.2, 0.1]]

  static let cases: [(JSONValue, [Double])] = [
    // SGD(0.1)
    (["name": "sgd", "learning_rate": 0.1], [0.98, -2.005, 0.52]),
    // SGD(0.1, momentum=0.9)
    (["name": "sgd", "learning_rate": 0.1, "momentum": 0.9], [0.926_899_97, -1.975_299_95, 0.522_700_01]),
    // SGD(0.1, momentum=0.9, nesterov=True)
    (
      ["name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": true],
      [0.914_210_02, -1.982_769_97, 0.540_430_01]
    ),
    // SGD(0.1, weight_decay=0.05)
    (
      ["name": "sgd", "learning_rate": 0.1, "weight_decay": 0.05], [0.965_374_59, -1.975_324_27, 0.512_536_70]
    ),
    // Adam(0.01)
    (["name": "adam", "learning_rate": 0.01], [0.979_389_73, -1.987_152_58, 0.495_517_70]),
    // Adam(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-3)
    (
      ["name": "adam", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3],
      [0.980_330_17, -1.988_794_45, 0.496_267_08]
    ),
    // AdamW(0.01)
    (["name": "adamw", "learning_rate": 0.01], [0.979_270_94, -1.986_913_56, 0.495_458_33]),
    // RMSprop(0.01)
    (["name": "rmsprop", "learning_rate": 0.01], [0.956_890_40, -1.999_583_60, 0.491_991_40]),
    // RMSprop(0.01, momentum=0.9, rho=0.8)
    (
      ["name": "rmsprop", "learning_rate": 0.01, "momentum": 0.9, "rho": 0.8],
      [0.912_103_71, -1.968_039_99, 0.474_436_55]
    ),
    // Adagrad(0.1)
    (["name": "adagrad", "learning_rate": 0.1], [0.942_868_89, -2.006_609_44, 0.498_716_18]),
  ]

  @Test("Three steps give Keras' numbers", arguments: cases.indices)
  func steps(_ index: Int) throws {
    let (config, expected) = Self.cases[index]
    let optimizer = try OptimizerRegistry.optimizer(config)
    let device = Device(threads: 1)
    var weights = Tensor([3], [1, -2, 0.5])
    var slots = optimizer.slots.map { Tensor(repeating: $0.initial, [3]) }
    let rate = optimizer.learningRate.rate(step: 0, of: 1)
    for (step, gradient) in Self.gradients.enumerated() {
      optimizer.decay(&weights, rate: rate)
      optimizer.move(
        &weights, &slots, along: Tensor([3], gradient), OptimizerStep(rate: rate, update: step + 1), on: device)
    }
    for (found, expected) in zip(weights.elements, expected) { expectClose(Double(found), expected) }
  }

  @Test("Every optimiser reads back its own configuration", arguments: OptimizerRegistry.names)
  func configuration(_ name: String) throws {
    let optimizer = try OptimizerRegistry.optimizer(.string(name))
    #expect(optimizer.name == name)
    #expect(try OptimizerRegistry.optimizer(optimizer.config).config == optimizer.config)
  }

  @Test("Keras' default settings are ours")
  func defaults() throws {
    // keras.optimizers.Adam().get_config()
    let adam = try #require(try OptimizerRegistry.optimizer("adam") as? Adam)
    #expect(adam == Adam(learningRate: .constant(0.001), beta1: 0.9, beta2: 0.999, epsilon: 1e-7))
    // keras.optimizers.SGD().get_config()
    #expect(try OptimizerRegistry.optimizer("sgd") as? SGD == SGD(learningRate: .constant(0.01)))
  }

  @Test("Cosine decay follows Keras, with and without a warm-up")
  func cosine() throws {
    func rates(_ config: JSONValue, _ steps: [Int]) throws -> [Double] {
      let optimizer = try OptimizerRegistry.optimizer(["name": "sgd", "learning_rate": config])
      return steps.map { optimizer.learningRate.rate(step: $0, of: 14) }
    }
    // CosineDecay(0.1, 10, alpha=0.05)
    let plain = try rates(
      ["name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.05], [0, 3, 5, 10, 12])
    for (found, expected) in zip(plain, [0.1, 0.080_419_80, 0.052_5, 0.005, 0.005]) { expectClose(found, expected) }
    // CosineDecay(0.0, 10, alpha=0.1, warmup_target=0.1, warmup_steps=4)
    for steps: JSONValue in [10, nil] {
      let warm = try rates(
        [
          "name": "cosine_decay", "initial_learning_rate": 0, "decay_steps": steps, "alpha": 0.1, "warmup_target": 0.1,
          "warmup_steps": 4,
        ], [0, 1, 4, 9, 14, 20])
      for (found, expected) in zip(warm, [0, 0.025, 0.1, 0.055, 0.01, 0.01]) { expectClose(found, expected) }
    }
  }

  @Test(
    "A setting that cannot be read is named",
    arguments: [
      (["name": "adm"], "Did you mean \"adam\""), (["name": "adam", "lr": 0.1], "lr: adam has no setting \"lr\""),
      (["name": "adam", "beta_1": 1], "beta_1"), (["name": "sgd", "learning_rate": "fast"], "learning_rate: expected"),
      (["name": "sgd", "learning_rate": -1], "learning_rate"), (["learning_rate": 0.1], "name"), (3, "\"adam\""),
      (["name": "sgd", "learning_rate": ["name": "cosine_decay"]], "learning_rate.initial_learning_rate"),
    ] as [(JSONValue, String)])
  func refused(_ config: JSONValue, _ words: String) {
    #expect { try OptimizerRegistry.optimizer(config) } throws: { "\($0)".contains(words) }
  }
}
