import Foundation
import JSON
import Kernels
import Layers
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
