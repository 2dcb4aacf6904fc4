import ArgumentParser
import FineTune

struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "List the ImageNet weights that Keras publishes: which file, from where, and whether it is here.",
    discussion: """
      "weights": "imagenet" in a recipe, and imagenet in the place of a file of weights, stand for them. What is nowhere here \
      is fetched into Keras' cache ($KERAS_HOME/models, else ~/.keras/models); --offline or FINETUNE_OFFLINE=1 forbids that, and \
      FINETUNE_WEIGHTS_MIRROR names a server that stands in for Google's.
      """)

  @Argument(help: "An architecture, such as MobileNetV2. Default: all.", completion: .architectures)
  var architecture: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let list = try OfficialWeightsList(of: architecture)
    if json { return Terminal.standardOutput.write(list.json.prettyText + "\n") }
    for entry in list.entries {
      Terminal.standardOutput.write("\(entry.title)\n  \(entry.weights.address)\n")
      if let checksum = entry.weights.checksum { Terminal.standardOutput.write("  checksum \(checksum)\n") }
      Terminal.standardOutput.write("  " + (entry.path.map { "here: \($0)" } ?? "not here") + "\n")
    }
  }
}
