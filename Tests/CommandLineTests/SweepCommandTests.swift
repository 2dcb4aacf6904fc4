import FineTune
import Foundation
import TestSupport
import Testing

@Suite("finetune sweep, and folds")
struct SweepCommandTests {
  private static let rates = "phases.0.optimizer.learning_rate=0.1,0.001"

  @Test("It prints a table of 80 columns, writes the winner, and does nothing twice with --resume")
  func sweep() throws {
    let place = try Workplace()
    let first = try Finetune.run("sweep", place.recipe, "--over", Self.rates, "--over", "data.batch_size=2,4,8")
    #expect(first.status == 0, "\(first.messages)")
    let lines = first.output.split(separator: "\n")
    #expect(lines.count == 7 && lines[0].hasPrefix("rank  trial  learning_rate  batch_size  val_accuracy"), "\(lines)")
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(!first.messages.contains("\r"))
    let model = try Data(contentsOf: URL(fileURLWithPath: place.folder + "/run-sweep/model.h5"))
    let winner = try Finetune.run(
      place.folder + "/run-sweep/recipe.json", "--output", place.folder + "/again", "--quiet")
    #expect(winner.status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.folder + "/again/model.h5")) == model)

    // Two values more: four of the results are there.
    let more = try Finetune.run(
      "sweep", place.recipe, "--over", Self.rates + ",0.01", "--over", "data.batch_size=2,4,8", "--resume", "--json",
      "--quiet")
    #expect(more.status == 0, "\(more.messages)")
    let trials = try JSONValue(parsing: more.output)["trials"]?.arrayValue ?? []
    #expect(trials.count == 9)
    let record = try JSONValue(parsing: String(contentsOfFile: place.folder + "/run-sweep/sweep.json", encoding: .utf8))
    #expect(record["trials"]?.arrayValue?.count == 9)
    let table = try String(contentsOfFile: place.folder + "/run-sweep/sweep.csv", encoding: .utf8)
    #expect(table.split(separator: "\n").count == 10)
  }

  @Test("A dry run lists the trials; mistakes are told before anything is trained")
  func mistakes() throws {
    let place = try Workplace()
    let dry = try Finetune.run("sweep", place.recipe, "--over", Self.rates, "--dry-run")
    #expect(dry.status == 0 && dry.output.split(separator: "\n").count == 3, "\(dry.output)")
    for (arguments, word) in [
      ([], "--over"), (["--over", "phases.0.optimizer.learning_rat=1,2"], "\"learning_rate\""),
      (["--over", "phases.0.epochs=2,-1"], "\"phases.0.epochs\"[1]"),
      (["--over", Self.rates, "--trials", "3"], "random"),
      (["--over", Self.rates, "--monitor", "val_acc"], "val_accuracy"), (["--over", "phases"], "path=value"),
    ] {
      let outcome = try Finetune.run(list: ["sweep", place.recipe] + arguments)
      #expect(outcome.status == 65 && outcome.messages.contains(word), "\(arguments): \(outcome.messages)")
      #expect(outcome.output.isEmpty)
    }
    #expect(!FileManager.default.fileExists(atPath: place.folder + "/run-sweep"))
  }

  @Test("A recipe with folds: plan says so, the run prints a row for each and their mean")
  func folds() throws {
    let place = try Workplace()
    func recipe(_ folds: JSONValue) throws {
      try place.write([
        "model": ["file": "small.h5"], "data": ["train": "pictures", "folds": folds, "batch_size": 4],
        "phases": [["epochs": 2, "optimizer": ["name": "adam", "learning_rate": 0.01]]], "output": "run",
      ])
    }
    try recipe(["count": 5, "refit": true])
    let plan = try Finetune.run("plan", place.recipe)
    #expect(plan.status == 0 && plan.output.contains("5 folds"), "\(plan.messages)")
    let run = try Finetune.run(place.recipe)
    #expect(run.status == 0, "\(run.messages)")
    #expect(run.messages.contains("fold 5 of 5") && run.messages.contains("mean"))
    let files = try FileManager.default.contentsOfDirectory(atPath: place.folder + "/run").sorted()
    #expect(
      files == (1...5).map { "fold-\($0)" } + [
        "history.csv", "metrics.json", "model.h5", "predictions.csv", "recipe.json",
      ])
    try recipe(11)
    let many = try Finetune.run("plan", place.recipe)
    #expect(
      many.status == 65 && many.messages.contains("data.folds") && many.messages.contains("10"), "\(many.messages)")
  }
}
