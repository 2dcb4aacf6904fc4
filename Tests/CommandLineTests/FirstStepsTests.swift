import FineTune
import Foundation
import TestSupport
import Testing

@Suite("First steps with the tool")
struct FirstStepsTests {
  @Test("init writes a recipe that plan takes and that trains; it never writes over one unasked")
  func initialize() throws {
    let place = try Workplace()
    let file = place.folder + "/first.json"
    let weights = StartingPlace.root + "/pretrained/cifar10.h5"
    let first = try Finetune.run(
      "init", place.pictures, "--output", file, "--weights", weights, "--goal", "quick")
    #expect(first.status == 0, "\(first.messages)")
    #expect(first.output.contains("20 pictures of 2 classes") && first.output.contains("finetune plan \(file)"))
    let plan = try Finetune.run("plan", file, "--json")
    #expect(plan.status == 0, "\(plan.messages)")
    let training = try Finetune.run(
      file, "--set", "phases.0.epochs=1", "--output", place.folder + "/first", "--json", "--quiet")
    #expect(training.status == 0, "\(training.messages)")
    let written = try String(contentsOfFile: file, encoding: .utf8)
    let again = try Finetune.run("init", place.pictures, "--output", file, "--weights", weights)
    #expect(again.status == 73 && again.messages.contains("--force"))
    #expect(try String(contentsOfFile: file, encoding: .utf8) == written)
    #expect(try Finetune.run("init", place.pictures, "--output", file, "--weights", weights, "--force").status == 0)
    #expect(try String(contentsOfFile: file, encoding: .utf8) != written, "two phases now")
  }

  @Test("init finds weights beside the recipe, and says what to do where there are none and none may be fetched")
  func weights() throws {
    let place = try Workplace()
    let environment = ["FINETUNE_OFFLINE": "1", "KERAS_HOME": place.folder + "/keras"]
    let file = place.folder + "/first.json"
    // The tests' own folder may have weights; the tool looks where it is started as well.
    let none = try Finetune.run(
      "init", place.pictures, "--output", file, "--architecture", "MobileNetV2", environment: environment)
    #expect(none.status == 0 && none.output.contains("fetched from Keras' server"))
    try FileManager.default.createDirectory(atPath: place.folder + "/pretrained", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: StartingPlace.root + "/pretrained/cifar10.h5", toPath: place.folder + "/pretrained/cifar10.h5")
    let found = try Finetune.run("init", place.pictures, "--output", file, "--force", environment: environment)
    #expect(found.status == 0, "\(found.messages)")
    #expect(found.output.contains("backbone: CIFARResNet"))
    // The path is relative: folder and recipe may be moved together.
    let recipe = try JSONValue(parsing: String(contentsOfFile: file, encoding: .utf8))
    #expect(recipe["model"]?["weights"] == "pretrained/cifar10.h5" && recipe["data"]?["train"] == "pictures")
    let unknown = try Finetune.run("init", place.pictures, "--weights", place.model, "--output", file, "--force")
    #expect(unknown.status == 65 && unknown.messages.contains("--architecture"))
  }

  @Test("schema prints the schema of the repository")
  func schema() throws {
    let outcome = try Finetune.run("schema")
    #expect(outcome.status == 0)
    let committed = try String(contentsOfFile: StartingPlace.root + "/recipes/recipe.schema.json", encoding: .utf8)
    #expect(outcome.output == committed)
  }

  @Test(
    "There are completions for each shell, with names of architectures and kinds of files",
    arguments: ["bash", "zsh", "fish"])
  func completions(_ shell: String) throws {
    let outcome = try Finetune.run("--generate-completion-script", shell)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("MobileNetV2") && outcome.output.contains("json"))
  }

  @Test(
    "bash completes commands, architectures and files",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash")),
    arguments: [
      (["finetune", "ini"], "init"), (["finetune", "weights", "MobileNetV2"], "MobileNetV2"),
      (["finetune", "init", "--goal", "acc"], "accurate"),
      (["finetune", "plan", "FOLDER/recip"], "FOLDER/recipe.json"),
      (["finetune", "predict", "m.h5", "FOLDER/pictures/dark/9"], "FOLDER/pictures/dark/9.png"),
    ])
  func bash(_ words: [String], _ expected: String) throws {
    let place = try Workplace()
    let script = place.folder + "/completions"
    try Finetune.run("--generate-completion-script", "bash").output
      .write(toFile: script, atomically: true, encoding: .utf8)
    let words = words.map { $0.replacing("FOLDER", with: place.folder) }
    // What bash does when Tab is pressed behind the last word.
    let program = """
      source "$1"; shift
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
      _finetune "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let outcome = try Finetune.run(
      URL(fileURLWithPath: "/bin/bash"), ["-c", program, "bash", script] + words)
    let found = outcome.output.split(separator: "\n").map(String.init)
    #expect(found.contains(expected.replacing("FOLDER", with: place.folder)), "\(found) \(outcome.messages)")
  }
}

private enum StartingPlace {
  /// The folder of the package.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
}
