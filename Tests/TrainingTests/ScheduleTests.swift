import Foundation
import JSON
import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("Schedules of the learning rate")
struct ScheduleTests {
  static let cases = ReferenceNumbers.keras["schedules"]?.list ?? []

  @Test("Rates are Keras', step for step", arguments: cases.indices)
  func keras(_ index: Int) throws {
    let config = try #require(Self.cases[index]["config"])
    let schedule = try ScheduleRegistry.schedule(config)
    for (step, expected) in (Self.cases[index]["rates"]?.doubles ?? []).enumerated() {
      expectClose(rate(schedule, step, of: 26), expected, within: 1e-5)
    }
    // As a recipe writes it, with small letters and without "config".
    #expect(try ScheduleRegistry.schedule(schedule.config).config == schedule.config)
  }

  @Test("Lengths left out reach to the end of the phase; epochs count its steps")
  func lengths() throws {
    let whole = try ScheduleRegistry.schedule([
      "name": "polynomial_decay", "initial_learning_rate": 1, "end_learning_rate": 0,
    ])
    expectClose(rate(whole, 5, of: 20), 0.75)
    let epochs = try ScheduleRegistry.schedule([
      "name": "step_decay", "initial_learning_rate": 1, "decay_steps": ["epochs": 2], "decay_rate": 0.5,
    ])
    let rates = [0, 7, 8, 15, 16].map { epochs.rate(at: SchedulePosition(step: $0, stepCount: 40, stepsPerEpoch: 4)) }
    #expect(rates == [1, 1, 0.5, 0.5, 0.25])
    let cosine = try ScheduleRegistry.schedule([
      "name": "cosine_decay", "initial_learning_rate": 0, "warmup_target": 0.1, "warmup_steps": 4, "alpha": 0.1,
    ])
    for (step, expected) in [(0, 0.0), (1, 0.025), (4, 0.1), (9, 0.055), (14, 0.01), (20, 0.01)] {
      expectClose(rate(cosine, step, of: 14), expected)
    }
  }

  @Test("One cycle rises a quarter of the way and falls to nearly nothing, as fastai's")
  func oneCycle() throws {
    let schedule = try ScheduleRegistry.schedule(["name": "one_cycle", "max_learning_rate": 0.1])
    // fastai: combine_scheds([0.25, 0.75], [SchedCos(lr/25, lr), SchedCos(lr, lr/1e5)]), SchedCos(a, b) at y being
    // a + (1 + cos(π(1 − y)))(b − a)/2.
    func fastai(_ x: Double) -> Double {
      let (a, b, y) = x < 0.25 ? (0.1 / 25, 0.1, x / 0.25) : (0.1, 0.1 / 1e5, (x - 0.25) / 0.75)
      return a + (1 + cos(Double.pi * (1 - y))) * (b - a) / 2
    }
    for step in 0...40 { expectClose(rate(schedule, step, of: 40), fastai(Double(step) / 40)) }
  }

  @Test("One cycle gives PyTorch's rates and momenta")
  func oneCycleOfPyTorch() throws {
    // torch 2.13: SGD with momentum, OneCycleLR(max_lr=0.1, total_steps=21, pct_start=0.3). Its waves turn a step earlier than
    // fastai's: at step 0.3 · 21 − 1 of 20. Its last rate is the first one's share.
    let rates = [
      0.0040000000000000036, 0.012188527098390314, 0.03396027605851658, 0.06188697369957272, 0.08644034833812791,
      0.09924306774148466, 0.09944154354509119, 0.09673623556045154, 0.09190443762697105, 0.08516599658482699,
      0.07682751154913771, 0.0672683836480545, 0.056923553268744854, 0.046263710266697504, 0.035773877573965704,
      0.02593134265232537, 0.01718394091038552, 0.009929679189326548, 0.004498626448808909, 0.0011378956269720922,
      4e-07,
    ]
    let momenta = [
      0.95, 0.94147028427251, 0.9187913791057118, 0.8897010690629451, 0.8641246371477834, 0.8507884711026201,
      0.8505584586887436, 0.8532637774946584, 0.858095594755408, 0.864834062751424, 0.8731725811411868,
      0.8827317472789346, 0.8930766190377313, 0.9037365046793212, 0.9142263793315516, 0.9240689536234891,
      0.9328163903551758, 0.9400706810933978, 0.9455017555582133, 0.9488624998230272, 0.95,
    ]
    let schedule = try ScheduleRegistry.schedule([
      "name": "one_cycle", "max_learning_rate": 0.1, "warmup_fraction": .number((0.3 * 21 - 1) / 20),
      "final_div_factor": 250_000,
    ])
    for step in 0...20 {
      expectClose(rate(schedule, step, of: 20), rates[step])
      let position = SchedulePosition(step: Double(step), stepCount: 20, stepsPerEpoch: 1)
      expectClose(schedule.momentum(at: position) ?? .nan, momenta[step])
    }
  }

  @Test("Momentum cycles where there is one; asked for where there is none, it is refused")
  func momentum() throws {
    func optimizer(_ name: String, _ own: JSONValue, cycles: JSONValue = .null) throws -> any Optimizer {
      var config = own.objectValue ?? [:]
      config["name"] = .string(name)
      config["learning_rate"] = ["name": "one_cycle", "max_learning_rate": 0.1, "cycle_momentum": cycles]
      return try OptimizerRegistry.optimizer(.object(config))
    }
    for name in ["adam", "adamw", "adamax", "lamb"] {
      let cycling = try optimizer(name, [:], cycles: true)
      let other = try #require(cycling.with(momentum: 0.5))
      #expect(other.config["beta_1"]?.doubleValue == 0.5 && cycling.config["beta_1"]?.doubleValue == 0.9)
    }
    for name in ["sgd", "rmsprop"] {
      let cycling = try optimizer(name, ["momentum": 0.9], cycles: true)
      let other = try #require(cycling.with(momentum: 0.5))
      #expect(other.config["momentum"]?.doubleValue == 0.5)
      let plain = try optimizer(name, [:])
      #expect(plain.with(momentum: 0.5) == nil)
      #expect { try optimizer(name, [:], cycles: true) } throws: { "\($0)".contains("Give it a \"momentum\"") }
    }
    #expect { try optimizer("nadam", [:], cycles: true) } throws: { "\($0)".contains("cycle_momentum") }
    let off = try optimizer("adam", [:], cycles: false)
    #expect(off.learningRate.momentum(step: 1, of: 10) == nil)
    #expect {
      try ScheduleRegistry.schedule(["name": "one_cycle", "max_learning_rate": 1, "base_momentum": 0.96])
    } throws: {
      "\($0)".contains("base_momentum")
    }
  }

  @Test("A trained model moves as plain loops move it, with the rate and the momentum of each step", arguments: [1, 2])
  func cycle(_ gathering: Int) throws {
    let (device, blobs) = (Device(threads: 1), Blobs(count: 30, seed: 1))
    let epochs = 8
    let optimizer = try OptimizerRegistry.optimizer([
      "name": "sgd", "momentum": 0.9, "gradient_accumulation_steps": .integer(gathering),
      "learning_rate": ["name": "one_cycle", "max_learning_rate": 0.5],
    ])
    let settings = PhaseSettings(
      name: "p", epochs: epochs, batchSize: 30, loss: CategoricalCrossentropy(), metrics: [], optimizer: optimizer,
      seed: 1)
    var (model, state) = (try Blobs.classifier(seed: 1), TrainingState())
    _ = try Trainer(settings, on: device).train(&model, on: blobs, state: &state)

    var plain = try Blobs.classifier(seed: 1)
    var velocity = plain.parameters.map { [Double](repeating: 0, count: $0.value.count) }
    let steps = epochs / gathering
    for step in 0..<steps {
      let x = Double(step) / Double(steps)
      func wave(_ a: Double, _ b: Double, _ c: Double) -> Double {
        let (first, last, y) = x < 0.25 ? (a, b, x / 0.25) : (b, c, (x - 0.25) / 0.75)
        return first + (last - first) * (1 - cos(Double.pi * y)) / 2
      }
      let (rate, momentum) = (wave(0.5 / 25, 0.5, 0.5 / 1e5), wave(0.95, 0.85, 0.95))
      // All batches are the whole of the data, so that gathered gradients are all the same.
      let gradients = plain.trainingPass(
        settings.loss, Penalty(plain), from: blobs.batch(Array(0..<30), epoch: 0, on: device), blobs.targets,
        random: RandomKey(seed: 0), sampleIDs: Array(0..<30), on: device
      ).gradients
      for index in plain.parameters.indices {
        let slope = try #require(gradients[index]).elements
        var weights = plain.parameters[index].value.elements
        for place in weights.indices {
          velocity[index][place] = momentum * velocity[index][place] - rate * Double(slope[place])
          weights[place] = Float(Double(weights[place]) + velocity[index][place])
        }
        plain.parameters[index].value = Tensor(plain.parameters[index].shape, weights)
      }
    }
    for (found, expected) in zip(model.parameters, plain.parameters) {
      for (a, b) in zip(found.value.elements, expected.value.elements) { #expect(abs(a - b) < 2e-6 * max(1, abs(b))) }
    }
  }

  @Test("A warm-up leads in a straight line to any other schedule")
  func warmup() throws {
    let schedule = try ScheduleRegistry.schedule([
      "name": "warmup", "warmup_steps": 4,
      "then": ["name": "polynomial_decay", "initial_learning_rate": 1, "end_learning_rate": 0],
    ])
    for (step, expected) in [(0, 0), (1, 0.25), (3, 0.75), (4, 1), (8, 0.5), (12, 0)] {
      expectClose(rate(schedule, step, of: 12), expected)
    }
    let constant = try ScheduleRegistry.schedule([
      "name": "warmup", "warmup_steps": 2, "initial_learning_rate": 0.1, "then": 0.5,
    ])
    for (step, expected) in [(0, 0.1), (1, 0.3), (2, 0.5), (9, 0.5)] {
      expectClose(rate(constant, step, of: 10), expected)
    }
  }

  @Test(
    "A setting that cannot be read is named",
    arguments: [
      (["name": "cosin_decay"], "Did you mean \"cosine_decay\""),
      (["name": "exponential_decay", "initial_learning_rate": 1, "decay_steps": 0, "decay_rate": 1], "decay_steps"),
      (["name": "piecewise_constant_decay", "boundaries": [1], "values": [1]], "one more value"),
      (["name": "one_cycle", "max_learning_rate": 1, "warmup_fraction": 1], "warmup_fraction"),
      (["name": "warmup", "warmup_steps": 3, "then": ["name": "cosine_decay"]], "then.initial_learning_rate"),
      (["name": "step_decay", "initial_learning_rate": 1, "decay_steps": ["epoch": 2]], "epochs"),
    ] as [(JSONValue, String)])
  func refused(_ config: JSONValue, _ words: String) {
    #expect { try ScheduleRegistry.schedule(config) } throws: { "\($0)".contains(words) }
  }

  @Test("On a plateau the rate falls where Keras' does", arguments: 0..<5)
  func plateaus(_ index: Int) throws {
    let reference = try #require(ReferenceNumbers.keras["plateaus"])
    let item = try #require(reference["cases"]?.list[index])
    var plateau = Plateau(try ReduceLROnPlateau(config: item["config"] ?? [:]), metrics: [])
    for (value, expected) in zip(reference["values"]?.doubles ?? [], item["rates"]?.doubles ?? []) {
      let result = EvaluationResult(samples: 1, loss: value, metrics: [])
      let rate = 0.1 * plateau.seen.factor
      plateau.observe(
        EpochRecord(phase: "p", epoch: 1, training: result, validation: result, learningRate: rate, seconds: 0),
        rate: rate)
      expectClose(0.1 * plateau.seen.factor, expected, within: 1e-5)
      // What it has seen can be kept and gone on from.
      plateau = Plateau(try ReduceLROnPlateau(config: item["config"] ?? [:]), metrics: [], continuing: plateau.seen)
    }
  }

  private func rate(_ schedule: any Schedule, _ step: Int, of count: Int) -> Double {
    schedule.rate(at: SchedulePosition(step: Double(step), stepCount: count, stepsPerEpoch: 1))
  }
}
