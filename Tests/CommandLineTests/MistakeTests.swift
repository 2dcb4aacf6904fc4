import FineTune
import Foundation
import TestSupport
import Testing

/// What users get wrong: each a clear error with its remedy, an exit code of `sysexits.h`, and no trace of a crash.
@Suite("Mistakes are told, not crashed on")
struct MistakeTests {
  @Test("A misspelt key names its place and what may have been meant")
  func misspeltKey() throws {
    let place = try Workplace()
    try expect(place.recipe, "--set", "phases.0.ephocs=3", status: 65, "phases[0].ephocs", "Did you mean \"epochs\"?")
  }

  @Test("A layer that is not there is named with its neighbours")
  func missingLayer() throws {
    let place = try Workplace()
    try expect(place.recipe, "--set", "phases.0.train=[\"conv2e\"]", status: 65, "phases[0].train[0]", "conv2d")
  }

  @Test("Numbers too large for any machine are refused before memory is taken")
  func tooLarge() throws {
    let place = try Workplace()
    for units in ["1099511627776", "2000000000"] {
      let head = "model.head=[{\"layer\":\"Dense\",\"units\":\(units)},{\"layer\":\"Dense\",\"units\":2000000000}]"
      try expect("plan", place.recipe, "--set", head, "--set", "model.replace_from=dense", status: 65, "model.head")
    }
    try expect("plan", place.recipe, "--set", "data.batch_size=9223372036854775807", status: 65, "data.batch_size")
    try expect("plan", place.recipe, "--threads", "100000", status: 64, "--threads")
  }

  @Test("plan finds what would only fail after the features: the monitor, and outputs that are no probabilities")
  func foundByPlan() throws {
    let place = try Workplace()
    try expect(
      "plan", place.recipe, "--set", "early_stopping={\"monitor\":\"val_acc\"}", status: 65, "early_stopping.monitor",
      "val_accuracy")
    try expect(
      "plan", place.recipe, "--set", "data.validation=null", "--set", "early_stopping={\"patience\":1}", status: 65,
      "early_stopping.monitor", "validation")
    try expect(
      "plan", place.recipe, "--set", "model.replace_from=dense", "--set",
      "model.head=[{\"layer\":\"Dense\",\"units\":\"classes\"}]", status: 65, "softmax", "from_logits")
  }

  @Test("A file in the place of the output folder is named; a name that Keras reads otherwise is refused")
  func outputsThatCannotBe() throws {
    let place = try Workplace()
    try expect(place.recipe, "--output", place.model + "/run", status: 73, "small.h5 is a file, not a folder")
    try expect("convert", place.model, place.folder + "/m.onnx", status: 73, ".keras", ".h5")
  }

  @Test("A missing recipe, model, picture, folder or label file ends with 66")
  func missingFiles() throws {
    let place = try Workplace()
    try expect("/nowhere/r.json", status: 66, "/nowhere/r.json", "no such file")
    try expect("predict", "/nowhere/m.h5", place.pictures, status: 66, "/nowhere/m.h5")
    try expect("predict", place.model, "/nowhere.jpg", status: 66, "/nowhere.jpg")
    try expect("evaluate", place.model, "/nowhere", status: 66, "/nowhere")
    try expect("predict", place.model, place.pictures, "--labels", "/nowhere.txt", status: 66, "/nowhere.txt")
    try expect(place.recipe, "--set", "model.file=gone.h5", status: 66, "model.file", "gone.h5")
    try expect(place.recipe, "--set", "data.train=gone", status: 66, "data.train", "gone")
  }

  @Test("A picture or a text where a model should be says what it is")
  func notAModel() throws {
    let place = try Workplace()
    try expect("summary", place.pictures + "/dark/0.png", status: 65, "PNG", "Keras")
    try expect("summary", place.recipe, status: 65, "Keras")
  }

  @Test("A model where a picture should be is named and left out; with nothing left the end is 66")
  func notAPicture() throws {
    let place = try Workplace()
    try expect("predict", place.model, place.model, status: 66, "small.h5", "PNG")
  }

  @Test("A truncated picture is named and left out; the others are answered")
  func truncatedPicture() throws {
    let place = try Workplace()
    let whole = try Data(contentsOf: URL(fileURLWithPath: place.pictures + "/dark/0.png"))
    try whole.prefix(60).write(to: URL(fileURLWithPath: place.pictures + "/dark/cut.png"))
    let outcome = try Finetune.run("predict", place.model, place.pictures, "--json")
    #expect(outcome.status == 0)
    #expect(outcome.messages.contains("dark/cut.png"))
    #expect(try JSONValue(parsing: outcome.output).arrayValue?.count == 20)
  }

  @Test("Empty folders, one class and loose pictures are told apart")
  func folders() throws {
    let place = try Workplace()
    let empty = place.folder + "/empty"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    try expect(place.recipe, "--set", "data.train=empty", status: 65, "data.train", "empty")
    try FileManager.default.copyItem(atPath: place.pictures + "/dark", toPath: empty + "/dark")
    try expect(place.recipe, "--set", "data.train=empty", status: 65, "data.train", "class")
    try expect(place.recipe, "--set", "data.train=pictures/dark", status: 65, "data.train")
  }

  @Test("Weights of another architecture are refused with what does not fit")
  func otherArchitecture() throws {
    let place = try Workplace()
    try expect("summary", place.model, "--architecture", "MobileNet", "--alpha", "0.25", status: 65, "small.h5")
    try expect("summary", place.model, "--architecture", "MobilNet", status: 65, "Did you mean \"MobileNet\"")
    try expect("summary", place.model, "--architecture", "MobileNet", "--alpha", "0.3", status: 65, "0.25")
  }

  @Test("A folder that cannot be written to is found out before training")
  func unwritable() throws {
    let place = try Workplace()
    // A file stands where the folder should be: not even root can write there.
    try expect(place.recipe, "--output", place.recipe + "/run", status: 73, "recipe.json/run")
    try expect(
      "maps", place.model, place.pictures + "/dark/0.png", "--layer", "conv2d", "--output", "/nowhere/m.png",
      status: 73,
      "/nowhere/m.png")
  }

  @Test("Wrong usage ends with 64")
  func usage() throws {
    let place = try Workplace()
    try expect("predict", place.model, status: 64)
    try expect("predict", place.model, place.pictures, "--top", "0", status: 64, "--top")
    try expect("predict", place.model, place.pictures, "--json", "--csv", status: 64, "--json")
    try expect("train", place.recipe, "--threads", "0", status: 64, "--threads")
    try expect("summary", place.model, "--input-size", "3", status: 64, "--input-size")
  }

  @Test("A layer without maps, and an unknown one, are told")
  func maps() throws {
    let place = try Workplace()
    let picture = place.pictures + "/dark/0.png"
    try expect("maps", place.model, picture, "--layer", "dense", "--output", "m.png", status: 65, "dense")
    try expect("maps", place.model, picture, "--layer", "conv3d", "--output", "m.png", status: 65, "conv2d")
  }

  @Test("Without preprocessing in the file the option is named")
  func preprocessing() throws {
    let place = try Workplace()
    let network = try Model(sequential: "bare", inputShape: [16, 16, 3], seed: 1) {
      GlobalAveragePooling2D()
      Dense(units: 2, activation: .softmax)
    }
    try KerasWriter.write(
      SavedModel(
        model: network, preprocessing: nil, labels: nil, inputSize: nil, architecture: nil, metadata: [:]),
      to: place.folder + "/bare.h5")
    try expect("predict", place.folder + "/bare.h5", place.pictures, status: 65, "--preprocessing")
    let told = try Finetune.run("predict", place.folder + "/bare.h5", place.pictures, "--preprocessing", "unit")
    #expect(told.status == 0)
    #expect(told.output.contains("class_0"))
  }

  private func expect(_ arguments: String..., status: Int32, _ words: String...) throws {
    let outcome = try Finetune.run(list: arguments)
    #expect(outcome.status == status, "\(arguments): \(outcome.messages)")
    for word in words {
      #expect(outcome.messages.contains(word), "\(arguments): \"\(word)\" is missing in: \(outcome.messages)")
    }
  }
}
