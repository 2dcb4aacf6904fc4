import FineTune
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Published weights by name")
struct OfficialWeightsTests {
  /// A server with weights of our own in the place of the published ones, and an empty cache.
  private struct Place {
    let folder = TemporaryFolder.path("place")
    let server: SmallServer
    private let requests = Counter()
    /// What the server has been asked for so far.
    var requestCount: Int { requests.count.load(ordering: .relaxed) }
    var environment: [String: String] {
      ["KERAS_HOME": folder + "/keras", "FINETUNE_WEIGHTS_MIRROR": server.address]
    }
    static let fileName = "mobilenet_2_5_128_tf.h5"

    init() throws {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let options = ArchitectureOptions(alpha: 0.25, inputShape: [128, 128, 3])
      let model = try ArchitectureRegistry.architecture(named: "MobileNet").model(options)
      try KerasWriter.writeWeights(model, to: folder + "/weights.h5")
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder + "/weights.h5")))
      let requests = requests
      server = try SmallServer { exchange, _ in
        requests.count.add(1, ordering: .relaxed)
        if exchange.request.hasPrefix("GET /tensorflow/keras-applications/mobilenet/\(Self.fileName) ") {
          exchange.answer(bytes)
        } else if exchange.request.hasPrefix("GET /download.tensorflow.org/data/imagenet_class_index.json ") {
          exchange.answer(Array("{}".utf8))
        } else {
          exchange.answer(status: "404 Not Found", [])
        }
      }
    }

    func summary(_ environment: [String: String]) throws -> Finetune.Outcome {
      try Finetune.run(
        "summary", "imagenet", "--architecture", "MobileNet", "--alpha", "0.25", "--input-size", "128", "128",
        environment: environment)
    }
  }

  @Test("They are fetched once into Keras' cache, and found there afterwards without a network")
  func fetched() throws {
    let place = try Place()
    let first = try place.summary(place.environment)
    #expect(first.status == 0, "\(first.messages)")
    #expect(first.messages.contains("fetched to"))
    // The names of the classes have another checksum than what this server gives out.
    #expect(first.messages.contains("classes are numbered") && first.messages.contains("not the published file"))
    let cached = try FileManager.default.contentsOfDirectory(atPath: place.folder + "/keras/models")
    #expect(cached == [Place.fileName])
    let second = try place.summary(["KERAS_HOME": place.folder + "/keras", "FINETUNE_OFFLINE": "1"])
    #expect(second.status == 0, "\(second.messages)")
    #expect(second.output == first.output)
  }

  @Test("Without a network the error says what to put where")
  func offline() throws {
    let place = try Place()
    let outcome = try place.summary(place.environment.merging(["FINETUNE_OFFLINE": "1"]) { $1 })
    #expect(outcome.status == 66)
    #expect(
      outcome.messages.contains(
        "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/\(Place.fileName)"))
    #expect(outcome.messages.contains("\(place.folder)/keras/models/\(Place.fileName)"))
    let vgg = try Finetune.run(
      "summary", "imagenet", "--architecture", "VGG16",
      environment: ["KERAS_HOME": place.folder + "/keras", "FINETUNE_WEIGHTS_MIRROR": place.server.address])
    #expect(vgg.status == 66)
    #expect(vgg.messages.contains("404") && vgg.messages.contains("(md5 64373286793e3c8b2b4e3219cbf3544b)"))
  }

  @Test(
    "--offline asks no server, whichever command would",
    arguments: [
      ["summary", "MODEL"], ["evaluate", "MODEL", "PICTURES"], ["predict", "MODEL", "PICTURES"],
      ["features", "MODEL", "PICTURES", "--layer", "conv1", "--output", "FOLDER/f.h5"],
      ["maps", "MODEL", "PICTURES/dark/0.png", "--layer", "conv1", "--output", "FOLDER/m.png"],
      ["convert", "MODEL", "FOLDER/c.keras"], ["plan", "RECIPE"], ["RECIPE"], ["train", "RECIPE"],
      ["augment", "RECIPE", "--output", "FOLDER/a.png"], ["lr-find", "RECIPE"],
      ["sweep", "RECIPE", "--over", "l2=0,0.1"],
    ])
  func offlineFlag(_ command: [String]) throws {
    let place = try Place()
    let work = try Workplace()
    try work.write([
      "model": ["architecture": "MobileNet", "alpha": 0.25, "input_size": [128, 128], "weights": "imagenet"],
      "data": ["train": "pictures", "validation": ["fraction": 0.2], "batch_size": 4],
      "phases": [["train": ["head/*"], "epochs": 1, "optimizer": ["name": "adam", "learning_rate": 0.01]]],
    ])
    let model = ["--architecture", "MobileNet", "--alpha", "0.25", "--input-size", "128", "128"]
    let words =
      command.map { word in
        word == "MODEL"
          ? "imagenet"
          : word.replacing("PICTURES", with: work.pictures).replacing("FOLDER", with: work.folder)
            .replacing("RECIPE", with: work.recipe)
      } + (command.contains("MODEL") ? model : [])
    let outcome = try Finetune.run(list: words + ["--offline"], environment: place.environment)
    // A sweep lists what is wrong with its trials.
    #expect(outcome.status == (command[0] == "sweep" ? 65 : 66), "\(outcome.messages)")
    #expect(outcome.messages.contains("--offline or FINETUNE_OFFLINE forbids"), "\(outcome.messages)")
    #expect(place.requestCount == 0)
  }

  @Test("init --offline takes a backbone that is here, where it would choose one to fetch")
  func offlineStart() throws {
    let place = try Place()
    let photos = place.folder + "/photos"
    for name in ["a", "b"] {
      try FileManager.default.createDirectory(atPath: photos + "/" + name, withIntermediateDirectories: true)
      for number in 0..<6 {
        let pixels = [UInt8](repeating: UInt8(number * 20), count: 64 * 64 * 3)
        let image = PixelImage(width: 64, height: 64, mode: .rgb, pixels: pixels)
        try ImageEncoder.writePNG(image, to: "\(photos)/\(name)/\(number).png")
      }
    }
    // Made for smaller pictures than these.
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: place.folder + "/pretrained", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: root + "/pretrained/cifar10.h5", toPath: place.folder + "/pretrained/cifar10.h5")
    let arguments = ["init", photos, "--output", place.folder + "/first.json", "--force"]
    let online = try Finetune.run(list: arguments, environment: place.environment)
    #expect(online.output.contains("backbone: MobileNetV2") && online.output.contains("fetched from"))
    let offline = try Finetune.run(list: arguments + ["--offline"], environment: place.environment)
    #expect(offline.status == 0 && offline.output.contains("backbone: CIFARResNet"), "\(offline.messages)")
    #expect(place.requestCount == 0)
  }

  @Test("A recipe takes them too, from beside it first, and says imagenet in its resolved form")
  func recipe() throws {
    let place = try Place()
    let work = try Workplace()
    try work.write([
      "model": ["architecture": "MobileNet", "alpha": 0.25, "input_size": [128, 128], "weights": "imagenet"],
      "data": ["train": "pictures", "validation": ["fraction": 0.2], "batch_size": 4],
      "phases": [["train": ["head/*"], "epochs": 1, "optimizer": ["name": "adam", "learning_rate": 0.01]]],
      "output": "run",
    ])
    try FileManager.default.createDirectory(atPath: work.folder + "/pretrained", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: place.folder + "/weights.h5", toPath: work.folder + "/pretrained/" + Place.fileName)
    let outcome = try Finetune.run(
      work.recipe, environment: ["KERAS_HOME": place.folder + "/keras", "FINETUNE_OFFLINE": "1"])
    #expect(outcome.status == 0, "\(outcome.messages)")
    let resolved = try String(contentsOfFile: work.folder + "/run/recipe.json", encoding: .utf8)
    #expect(resolved.contains("\"weights\": \"imagenet\""))
  }
}

private final class Counter: Sendable {
  let count = Atomic(0)
}
