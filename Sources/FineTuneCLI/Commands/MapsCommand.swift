import ArgumentParser
import FineTune

struct MapsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maps", abstract: "Draw a layer's feature maps of one picture as one picture.")

  @OptionGroup var model: ModelOptions

  @Argument(help: "A picture.", completion: .pictures)
  var image: String

  @Option(help: "The layer.")
  var layer: String

  @Option(help: "The PNG file to write.", completion: .file(extensions: ["png"]))
  var output: String

  @OptionGroup var running: RunningOptions

  func run() throws {
    let loaded = try model.loaded(running)
    let maps = try FeatureMaps(loaded, of: image, layer: layer, on: running.device)
    try ImageEncoder.writePNG(maps.sheet, to: output)
    running.say([
      "\(output): \(maps.mapShape.count) maps of \(maps.mapShape.height)×\(maps.mapShape.width), "
        + "\(maps.sheet.width)×\(maps.sheet.height) pixels"
    ])
  }
}
