import Foundation
import Images
import JSON
import Kernels
import Layers
import Recipes
import Tensors
import TestSupport
import Testing
import Training

@Suite("Runs with augmentation, its preview, and its use in prediction")
struct AugmentedRunTests {
  static let layers = ResumeTests.layers
  static let augment: JSONValue = [
    ["name": "random_translation", "height_factor": 0.2, "width_factor": 0.2],
    ["name": "random_contrast", "factor": 0.5], ["name": "mix_up", "alpha": 0.4], ["name": "cut_mix"],
  ]

  private func model(_ report: RunReport) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: report.output + "/model.h5"))
  }

  @Test(
    "Mixed pictures go through the frozen part in every epoch: the same file with one thread and two, cache or none")
  func reproducible() throws {
    let pictures = try StripedPictures(perClass: 12)
    let files = try [1, 2].flatMap { threads in
      try [false, ["directory": .string(TemporaryFolder.path("cache"))] as JSONValue].map { (cache: JSONValue) in
        let plan = try pictures.plan(Self.layers, phases: ResumeTests.phases, augment: Self.augment, cache: cache)
        #expect(plan.phases[0].boundary != plan.model.inputs.map(\.value))
        let report = try Run(plan, on: Device(threads: threads))()
        // The validation pictures, which nothing changes, are the only ones whose features are kept.
        #expect(report.features.images <= 6)
        return try model(report)
      }
    }
    #expect(Set(files).count == 1)
    let unmixed = try pictures.plan(
      Self.layers, phases: ResumeTests.phases, augment: .array((Self.augment.arrayValue ?? []).dropLast(2)))
    #expect(try model(Run(unmixed, on: Device(threads: 2))()) != files[0])
  }

  @Test(
    "What a recipe cannot say",
    arguments: [
      ([["name": "cut_mix"]], "regression", "data.augment[0]", "mix_up"),
      ([["name": "mix_up"], ["name": "random_flip"]], "classification", "data.augment[1]", "mix_up to the end"),
      ([["name": "mixup"]], "classification", "data.augment[0].name", "mix_up"),
      ([["name": "mix_up", "alpha": -1]], "classification", "data.augment[0].alpha", "found -1"),
      ([["name": "random_rotation", "factor": 2]], "classification", "data.augment[0].factor", "from -1"),
    ] as [(JSONValue, String, String, String)])
  func mistakes(_ augment: JSONValue, _ task: String, _ place: String, _ words: String) {
    let error = #expect(throws: RecipeError.self) { try recipe(augment, task: task) }
    #expect(error?.problems.first?.path == place)
    #expect(error?.problems.first?.message.contains(words) == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("The plan says how pictures are changed, and when")
  func note() throws {
    let pictures = try StripedPictures(perClass: 4)
    func notes(_ augment: JSONValue, cache: JSONValue = false) throws -> [String] {
      try pictures.plan(Self.layers, phases: ResumeTests.phases, augment: augment, cache: cache).notes
        .filter { $0.hasPrefix("augmentation:") }
    }
    let turned: JSONValue = ["name": "random_rotation", "factor": 0.1, "probability": 0.5]
    #expect(
      try notes([["name": "random_flip"], turned, ["name": "mix_up"]]) == [
        "augmentation: random_flip, random_rotation (probability 0.5), mix_up of mini-batches; drawn anew in every epoch "
          + "(finetune augment draws them)"
      ])
    #expect(
      try notes([["name": "random_flip"]], cache: ["views": 3]) == [
        "augmentation: random_flip; 3 views of each picture, which the epochs take in turn (finetune augment draws them)"
      ])
    #expect(try notes([]).isEmpty)
  }

  private func recipe(
    _ augment: JSONValue, task: String = "classification", cache: JSONValue = true, batchSize: Int = 8,
    optimizer: JSONValue = "adam", loss: JSONValue = nil
  ) throws -> Recipe {
    try Recipe(
      [
        "model": ["architecture": "VGG16", "weights": .null],
        "data": [
          "train": "pictures", "augment": augment, "task": .string(task), "batch_size": .integer(batchSize),
        ],
        "phases": [["epochs": 1, "optimizer": optimizer]], "cache": cache, "loss": loss,
      ], file: "r.json", folder: "/tmp")
  }

  @Test("Mixing goes with numbers where it can, not with kept views; a recipe reads back as it was written")
  func decoding() throws {
    #expect(try recipe([["name": "mix_up"]], task: "regression").data.mixing.count == 1)
    let error = #expect(throws: RecipeError.self) {
      try recipe(Self.augment, cache: ["views": 3], batchSize: 1, optimizer: "lbfgs", loss: "hinge")
    }
    #expect(
      error?.problems.map(\.path) == ["cache.views", "data.batch_size", "loss", "phases[0].optimizer"])
    let read = try recipe(Self.augment)
    #expect(read.data.augment.count == 2 && read.data.mixing.count == 2)
    #expect(try Recipe(read.json, file: "r.json", folder: "/tmp").json == read.json)
  }

  @Test("The preview shows what training sees, to the pixel, mixed with the very pictures of its batch")
  func preview() throws {
    let pictures = try StripedPictures(perClass: 12)
    let plan = try pictures.plan(Self.layers, phases: ResumeTests.phases, augment: Self.augment)
    let device = Device(threads: 2)
    let sheet = try AugmentationSheet(plan, imageCount: 3, viewCount: 4, on: device)
    #expect(sheet.rows.map(\.name) == [0, 6, 12].map { plan.training.names[$0] })
    #expect(sheet.json["rows"]?.arrayValue?.count == 3 && sheet.json["augment"]?.arrayValue?.count == 4)
    // Training's own way to the same pictures; the first phase has two epochs.
    let samples = ImageSamples(
      plan.training, loader: ImageLoader(size: Size(12, 12)), augmentations: plan.recipe.data.augment,
      preprocessing: Preprocessing.none, seed: 5)
    let mixer = BatchMixer(plan.recipe.data.mixing, seed: 5)
    let batches = try ImageBatches(samples, for: plan.model, mixer: mixer)
    for (epoch, phase) in ["head", "head", "all", "all"].enumerated() {
      let settings = PhaseSettings(
        name: phase, epochs: 1, batchSize: 8, loss: CategoricalCrossentropy(), metrics: [], optimizer: Adam(), seed: 5)
      let order = settings.order(of: samples.targets, epoch: epoch)
      for (row, index) in [0, 6, 12].enumerated() {
        let place = try #require(order.firstIndex(of: index))
        let batch = Array(order[place / 8 * 8..<min(18, place / 8 * 8 + 8)])
        let values = try #require(try batches.batch(batch, epoch: epoch, on: device)[plan.model.inputs[0].value])
        let seen = values[samples: place % 8..<place % 8 + 1].elements
        #expect(tile(sheet.sheet, row: row, column: epoch + 1) == seen.map { UInt8($0.rounded()) })
        let shares = try #require(batches.targets(batch, epoch: epoch)[[place % 8]].classShares).elements
        #expect(sheet.rows[row].labels[epoch].first?.hasSuffix(shares[0] > shares[1] ? "across" : "down") == true)
      }
    }
    for (row, index) in [0, 6, 12].enumerated() {
      let original = ImageLoader(size: Size(12, 12)).load([plan.training.paths[index]]).images.elements
      #expect(tile(sheet.sheet, row: row, column: 0) == original.map { UInt8($0.rounded()) })
    }
    let plain = try pictures.plan(Self.layers)
    #expect { try AugmentationSheet(plain, imageCount: 3, viewCount: 2, on: device) } throws: {
      "\($0)".contains("data.augment")
    }
  }

  @Test("A picture that cannot be read is named and left out, alone or in the batch of another")
  func unreadable() throws {
    let pictures = try StripedPictures(perClass: 12)
    try Data("<html>".utf8).write(to: URL(fileURLWithPath: pictures.folder + "/across/0.png"))
    try Data("<html>".utf8).write(to: URL(fileURLWithPath: pictures.folder + "/down/5.png"))
    let plan = try pictures.plan(Self.layers, phases: ResumeTests.phases, augment: Self.augment)
    let bad = plan.training.paths.filter { $0.hasSuffix("/across/0.png") || $0.hasSuffix("/down/5.png") }
    let sheet = try AugmentationSheet(plan, imageCount: 18, viewCount: 2, on: Device(threads: 2))
    #expect(!bad.isEmpty && sheet.skipped.map(\.path) == bad)
    #expect(sheet.rows.count == 18 - bad.count)
  }

  /// The pixels of a picture of 12 × 12 that is drawn eightfold, in a sheet whose rows have captions of two lines.
  private func tile(_ sheet: PixelImage, row: Int, column: Int) -> [UInt8] {
    let (side, gap, line) = (96, 6, 11)
    // Rows stand at the foot of the sheet, one below the other.
    let rowHeight = line + side + 2 * line + gap
    let top = sheet.height - (3 - row) * rowHeight + line
    let left = gap + column * (side + gap)
    return (0..<12).flatMap { y in
      (0..<12).flatMap { x in
        (0..<3).map { sheet.pixels[((top + 8 * y + 4) * sheet.width + left + 8 * x + 4) * 3 + $0] }
      }
    }
  }

  @Test("Without augmentation in the model's file two views are the picture and its mirror image, and more are refused")
  func mirror() throws {
    let pictures = try StripedPictures(perClass: 12)
    let report = try pictures.run(Self.layers, epochs: 2)
    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    let path = pictures.folder + "/across/3.png"
    let image = try ImageDecoder.decode(contentsOf: path)
    let mirrored = PixelImage(
      width: 12, height: 12, mode: .rgb,
      pixels: (0..<432).map { image.pixels[($0 / 36 * 12 + 11 - $0 / 3 % 12) * 3 + $0 % 3] })
    let other = TemporaryFolder.path("mirrored") + ".png"
    try ImageEncoder.writePNG(mirrored, to: other)
    let device = Device(threads: 2)
    func across(_ path: String, views: Int = 1) throws -> Float {
      let prediction = try Prediction(loaded, of: [path], topCount: 2, viewCount: views, on: device)
      return try #require(prediction.pictures[0].classes.first { $0.label == "across" }).value
    }
    let (own, reflected) = try (across(path), across(other))
    #expect(own != reflected)
    #expect(try abs(across(path, views: 2) - (own + reflected) / 2) < 1e-6)
    #expect { try across(path, views: 3) } throws: { "\($0)".contains("ask for 2") }
  }

  @Test(
    "A model remembers its augmentation; evaluation and prediction average over the same views, whatever is asked beside"
  )
  func views() throws {
    let pictures = try StripedPictures(perClass: 12)
    let plan = try pictures.plan(Self.layers, epochs: 2, augment: Self.augment)
    let report = try Run(plan, on: Device(threads: 2))()
    let loaded = try ModelReference(path: report.output + "/model.h5").load()
    let images = try LabelledImages(folder: pictures.folder)
    func probabilities(_ paths: [String], views: Int) throws -> [Float] {
      try Prediction(loaded, of: paths, topCount: 2, viewCount: views, on: Device(threads: 2)).pictures.map {
        picture in
        let own = picture.file.contains("across") ? "across" : "down"
        return try #require(picture.classes.first { $0.label == own }).value
      }
    }
    let once = try probabilities(images.paths, views: 1)
    let often = try probabilities(images.paths, views: 5)
    #expect(once != often)
    // Alone a picture gets the same answer as among others.
    #expect(try probabilities([images.paths[4]], views: 5) == [often[4]])
    for (views, expected) in [(1, once), (5, often)] {
      for threads in [1, 2] {
        let evaluation = try PictureEvaluation(
          loaded, on: pictures.folder, task: nil, viewCount: views, device: Device(threads: threads))
        let loss = expected.reduce(0) { $0 - log(Double($1)) } / Double(expected.count)
        #expect(abs(evaluation.result.loss - loss) < 1e-5)
        #expect(evaluation.json["views"]?.intValue == (views == 1 ? nil : views))
      }
    }
  }
}
