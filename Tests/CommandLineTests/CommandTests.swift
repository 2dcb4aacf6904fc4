import FineTune
import Foundation
import TestSupport
import Testing

@Suite("The tool does what it says")
struct CommandTests {
  @Test("Training writes its files; the same run again gives the same model; metrics go to standard output")
  func train() throws {
    let place = try Workplace()
    let first = try Finetune.run(place.recipe, "--json")
    #expect(first.status == 0, "\(first.messages)")
    let metrics = try JSONValue(parsing: first.output)
    #expect(metrics["images"] == 20)
    #expect(metrics["frozen"]?["unchanged"] == true)
    let model = try Data(contentsOf: URL(fileURLWithPath: place.folder + "/run/model.h5"))
    let second = try Finetune.run(
      "train", place.recipe, "--output", place.folder + "/again", "--threads", "1", "--quiet")
    #expect(second.status == 0)
    #expect(second.messages.isEmpty, "quiet means quiet: \(second.messages)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.folder + "/again/model.h5")) == model)
    // Piped, there are plain lines only.
    #expect(!first.messages.contains("\r") && !first.messages.contains("\u{1B}"))
    let rows = try String(contentsOfFile: place.folder + "/run/history.csv", encoding: .utf8).split(separator: "\n")
    #expect(rows[0] == "phase,epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds")
    #expect(rows.count == 3)
    // The resolved recipe runs again.
    let resolved = try Finetune.run(place.folder + "/run/recipe.json", "--output", place.folder + "/third", "--quiet")
    #expect(resolved.status == 0, "\(resolved.messages)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: place.folder + "/third/model.h5")) == model)
  }

  @Test("plan trains nothing and writes nothing")
  func plan() throws {
    let place = try Workplace()
    let outcome = try Finetune.run("plan", place.recipe, "--json")
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(try JSONValue(parsing: outcome.output)["images"] == ["train": 16, "validation": 4])
    #expect(!FileManager.default.fileExists(atPath: place.folder + "/run"))
  }

  @Test(
    "augment draws what it says it draws; predict and evaluate look at pictures several times, and say where they cannot"
  )
  func augmentation() throws {
    let place = try Workplace()
    let sheet = place.folder + "/sheet.png"
    let augment = "data.augment=[{\"name\": \"random_flip\"}, {\"name\": \"mix_up\"}]"
    let drawn = try Finetune.run(
      "augment", place.recipe, "--set", augment, "--output", sheet, "--images", "2", "--views", "3", "--json")
    #expect(drawn.status == 0 && drawn.messages.contains("2 pictures and 3 epochs"), "\(drawn.messages)")
    let json = try JSONValue(parsing: drawn.output)
    let picture = try ImageDecoder.decode(contentsOf: sheet)
    #expect(json["width"]?.intValue == picture.width && json["height"]?.intValue == picture.height)
    #expect(json["rows"]?.arrayValue?.map { $0["labels"]?.arrayValue?.count } == [3, 3])
    let nothing = try Finetune.run("augment", place.recipe, "--output", sheet)
    #expect(nothing.status == 65 && nothing.messages.contains("data.augment"))
    #expect(try Finetune.run("augment", place.recipe, "--set", augment, "--output", "sheet.gif").status == 64)

    func first(_ arguments: String...) throws -> JSONValue? {
      let outcome = try Finetune.run(list: ["predict", place.model, place.pictures, "--json", "--quiet"] + arguments)
      #expect(outcome.status == 0, "\(outcome.messages)")
      return try JSONValue(parsing: outcome.output)
    }
    #expect(try first() == first("--tta", "1"))
    // These pictures are their own mirror images.
    #expect(try first() == first("--tta", "2"))
    let evaluated = try Finetune.run("evaluate", place.model, place.pictures, "--json", "--tta", "2")
    #expect(try JSONValue(parsing: evaluated.output)["views"] == 2)
    let refused = try Finetune.run("evaluate", place.model, place.pictures, "--tta", "3")
    #expect(refused.status == 65 && refused.messages.contains("ask for 2"))
    #expect(try Finetune.run("predict", place.model, place.pictures, "--tta", "0").status == 64)
  }

  @Test("predict, evaluate, summary, features, maps and convert work on a model of our own")
  func others() throws {
    let place = try Workplace()
    let predict = try Finetune.run("predict", place.model, place.pictures, "--json", "--top", "1")
    #expect(try JSONValue(parsing: predict.output).arrayValue?.count == 20)
    let table = try Finetune.run("predict", place.model, place.pictures, "--csv")
    #expect(table.output.split(separator: "\n").count == 41)
    let evaluate = try Finetune.run("evaluate", place.model, place.pictures, "--json")
    let evaluated = try JSONValue(parsing: evaluate.output)
    #expect(evaluated["images"] == 20)
    #expect(evaluated["confusion_matrix"]?.arrayValue?.count == 2 && evaluated["macro_f1"]?.doubleValue != nil)
    let evaluateText = try Finetune.run("evaluate", place.model, place.pictures)
    #expect(evaluateText.output.contains("precision") && evaluateText.output.contains("right \\ named"))
    #expect(evaluateText.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let rates = try Finetune.run("lr-find", place.recipe, "--steps", "20", "--plot", place.folder + "/rates.svg")
    #expect(rates.status == 0 && rates.output.contains("learning rate"), "\(rates.messages)")
    #expect(try String(contentsOfFile: place.folder + "/rates.svg", encoding: .utf8).hasPrefix("<svg"))
    let summary = try Finetune.run("summary", place.model)
    #expect(summary.output.contains("Conv2D"))
    #expect(summary.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let features = try Finetune.run(
      "features", place.model, place.pictures, "--layer", "conv2d", "--pool", "average", "--output",
      place.folder + "/f.h5")
    #expect(features.status == 0, "\(features.messages)")
    let file = try HDF5File(opening: place.folder + "/f.h5")
    #expect(try file.root.dataset(at: "features/conv2d").shape == [20, 4])
    let maps = try Finetune.run(
      "maps", place.model, place.pictures + "/dark/0.png", "--layer", "conv2d", "--output", place.folder + "/m.png")
    #expect(maps.status == 0, "\(maps.messages)")
    #expect(try ImageDecoder.decode(contentsOf: place.folder + "/m.png", channels: .rgb).height > 50)
    let convert = try Finetune.run("convert", place.model, place.folder + "/w.h5", "--weights-only")
    #expect(convert.status == 0, "\(convert.messages)")
    let archive = try Finetune.run("convert", place.model, place.folder + "/m.keras", "--verbose")
    #expect(archive.status == 0, "\(archive.messages)")
    #expect(archive.output.contains("→ conv2d/kernel"))
    let inspect = try Finetune.run("inspect", place.folder + "/m.keras")
    #expect(inspect.output.contains("Keras 3 archive"))
    let lines = inspect.output.split(separator: "\n")
    #expect(lines.dropFirst().allSatisfy { $0.count <= 80 })
    #expect(try Finetune.run(place.recipe, "--quiet").status == 0)
    let trained = try Finetune.run("inspect", place.folder + "/run/model.h5", "--json")
    let found = try JSONValue(parsing: trained.output)
    #expect(found["metadata"]?["more"]?["recipe"]?.stringValue?.count == 64)
    #expect(found["tensors"]?.arrayValue?.first?["dtype"] == "float32")
  }

  @Test("summary knows architectures by name, without their weights, on a page of any width")
  func architectures() throws {
    let start = ContinuousClock().now
    let large = try Finetune.run("summary", "convnext-xlarge", environment: ["COLUMNS": "60"])
    #expect(large.status == 0, "\(large.messages)")
    #expect(large.output.contains("parameters   350,196,968"))
    #expect(large.output.split(separator: "\n").allSatisfy { $0.count <= 60 })
    // Initialising 350 million weights takes seconds.
    #expect(ContinuousClock().now - start < .seconds(2))
    let bare = try Finetune.run(
      "summary", "MobileNet", "--alpha", "0.25", "--no-top", "--input-size", "96", "64", "--channels", "1", "--json")
    let json = try JSONValue(parsing: bare.output)
    #expect(json["inputs"]?.arrayValue?.first?["shape"] == [96, 64, 1])
    #expect(json["layers"]?.arrayValue?.last?["output_shape"] == [3, 2, 256])
    #expect(json["groups"]?.arrayValue?.first?["name"] == "stem")
    let list = try Finetune.run("summary", "--list")
    #expect(list.output.split(separator: "\n").count == 45)
    #expect(list.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    let misspelt = try Finetune.run("summary", "EfficentNetB0")
    #expect(misspelt.status == 66)
    #expect(misspelt.messages.contains("Did you mean \"EfficientNetB0\""))
    let place = try Workplace()
    #expect(try Finetune.run("summary", place.model, "--no-top").status == 64)
    #expect(try Finetune.run("summary").status == 64)
  }

  @Test("Every kernel set gives the same classes", arguments: KernelSet.available.map(\.name))
  func kernelSets(_ name: String) throws {
    let place = try Workplace()
    let outcome = try Finetune.run(
      "evaluate", place.model, place.pictures, "--json", environment: ["FINETUNE_ISA": name])
    #expect(outcome.status == 0)
    let plain = try Finetune.run("evaluate", place.model, place.pictures, "--json")
    #expect(try JSONValue(parsing: outcome.output)["accuracy"] == JSONValue(parsing: plain.output)["accuracy"])
  }
}
