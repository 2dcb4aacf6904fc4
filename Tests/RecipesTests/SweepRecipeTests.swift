import Foundation
import JSON
import Recipes
import TestSupport
import Testing

@Suite("What a sweep tries")
struct SweepRecipeTests {
  private func sweep(
    _ parameters: JSONValue, _ more: OrderedDictionary<String, JSONValue> = [:]
  ) throws -> SweepRecipe {
    var value: OrderedDictionary<String, JSONValue> = [
      "recipe": ["phases": [["epochs": 3, "optimizer": ["name": "sgd"]]]], "parameters": parameters,
    ]
    value.merge(more) { $1 }
    return try SweepRecipe(.object(value), file: "s.json", baseFile: "r.json", baseFolder: "/tmp")
  }

  @Test("A grid is every combination, the last parameter changing fastest")
  func grid() throws {
    let points = try sweep([
      "a": [1, 2], "b": ["values": ["x", "y", "z"]], "c": ["min": 0.001, "max": 0.1, "scale": "log", "steps": 3],
    ]).points
    var expected: [[JSONValue]] = []
    for a in [1, 2] as [JSONValue] {
      for b in ["x", "y", "z"] as [JSONValue] {
        for c in [0.001, 0.01, 0.1] as [JSONValue] { expected.append([a, b, c]) }
      }
    }
    #expect(points == expected)
    #expect(try sweep(["a": ["min": 1, "max": 4, "steps": 10]]).points == [[1], [2], [3], [4]])
    #expect(try sweep(["a": ["min": 0.0, "max": 1.0, "steps": 3]]).points == [[0.0], [0.5], [1.0]])
  }

  @Test(
    "Random combinations follow from the seed; more of them leave the first ones as they are, and so do more parameters"
  )
  func random() throws {
    let rate: JSONValue = ["min": 0.0001, "max": 1.0, "scale": "log"]
    func points(_ parameters: JSONValue, _ trials: Int, seed: Int = 1) throws -> [[JSONValue]] {
      try sweep(parameters, ["method": "random", "trials": .integer(trials), "seed": .integer(seed)]).points
    }
    let few = try points(["rate": rate], 50)
    let many = try points(["rate": rate], 400)
    // What comes up again is left out.
    #expect(Array(many.prefix(few.count)) == few && few.count > 40)
    #expect(try points(["rate": rate], 50, seed: 2) != few)
    let wider = try points(["rate": rate, "units": ["min": 1, "max": 6]], 50)
    #expect(Set(wider.map { $0[0] }) == Set(few.map { $0[0] }))
    #expect(Set(wider.compactMap { $0[1].intValue }) == Set(1...6))
    // Each power of ten gets a quarter of the numbers: 100 of 400, with a standard deviation of 8.7.
    for decade in 0..<4 {
      let least = pow(10, Double(decade) - 4)
      let count = many.count { (least..<least * 10).contains($0[0].doubleValue ?? 0) }
      #expect((60...140).contains(count), "\(count) from \(least)")
    }
    // Of three values not more than three combinations come out.
    #expect(try points(["a": ["x", "y", "z"]], 40).count == 3)
  }

  @Test("Rungs are those of Hyperband's table for R = 81 and η = 3")
  func rungs() {
    // Li et al. (2018), table 1: n and r of bracket s = 4.
    let ladder = SuccessiveHalving(trials: 81, epochs: 81, factor: 3, minEpochs: 1)
    #expect(ladder.rungs.map(\.trialCount) == [81, 27, 9, 3, 1])
    let limits = ladder.rungs.map { SuccessiveHalving.limit($0.share, of: 81, minEpochs: 1) }
    #expect(limits == [1, 3, 9, 27, nil])
    // Few epochs, or few trials, make fewer rungs.
    #expect(SuccessiveHalving(trials: 24, epochs: 10, factor: 3, minEpochs: 1).rungs.map(\.trialCount) == [24, 8, 2])
    #expect(SuccessiveHalving(trials: 24, epochs: 10, factor: 3, minEpochs: 3).rungs.map(\.trialCount) == [24, 8])
    #expect(SuccessiveHalving(trials: 2, epochs: 100, factor: 3, minEpochs: 1).rungs.map(\.trialCount) == [2])
  }

  @Test(
    "Mistakes are named with their place, all at once",
    arguments: [
      (["a": []], [:], "parameters.\"a\""), (["a": 3], [:], "a list of values"),
      (["a": ["min": 1, "max": 1]], [:], "parameters.\"a\".max"),
      (["a": ["min": 0, "max": 1, "scale": "log"]], [:], "above 0"),
      (["a": ["min": 0.1, "max": 1, "scal": "log"]], [:], "\"scale\""),
      (["a": ["min": "x", "max": 1]], [:], "parameters.\"a\".min"),
      (["a": ["min": 0.1, "max": 1]], [:], "steps"), (["a": [1]], ["trials": 4], "\"random\""),
      (["a": [1]], ["method": "random"], "trials"), (["a": [1]], ["method": "bayes"], "successive_halving"),
      (["a": [1]], ["factor": 2], "successive_halving"), ([:], [:], "parameters"),
      (["a": [1]], ["monitr": "loss"], "\"monitor\""),
      (["phases.1.epochs": [1]], [:], "there is no \"1\""), (["phases.0.epochs.x": [1]], [:], "nothing below"),
    ] as [(JSONValue, OrderedDictionary<String, JSONValue>, String)])
  func mistakes(_ parameters: JSONValue, _ more: OrderedDictionary<String, JSONValue>, _ word: String) {
    let error = #expect(throws: RecipeError.self) { try sweep(parameters, more) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test("A recipe is swept over what the command line says; lists may hold lists")
  func over() throws {
    let file = TemporaryFolder.path("recipe") + ".json"
    try "{\"phases\": [{\"epochs\": 3, \"optimizer\": {\"name\": \"sgd\"}}], \"model\": {\"head\": {}}}"
      .write(toFile: file, atomically: true, encoding: .utf8)
    let sweep = try SweepRecipe(
      contentsOf: file, settings: ["phases.0.epochs=7"],
      over: ["phases[0].optimizer.name=sgd,adam", "model.head.hidden=[8],[16, 8]"])
    #expect(sweep.points == [["sgd", [8]], ["sgd", [16, 8]], ["adam", [8]], ["adam", [16, 8]]])
    #expect(sweep.base["phases"]?.arrayValue?.first?["epochs"] == 7)
    let error = #expect(throws: RecipeError.self) { try SweepRecipe(contentsOf: file) }
    #expect(error?.description.contains("--over") == true)
  }
}
