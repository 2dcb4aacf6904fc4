import ArgumentParser
import FineTune

/// Loads damaged files. `tools/fuzz` runs it, watches it and counts.
@main
struct FuzzTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Fuzz", abstract: "Loads randomly damaged files, which must end in an error or a load.",
    subcommands: [WriteSeeds.self, RunCases.self, MeasureCost.self])

  static func main() {
    HDF5Reading.serveIfAsked()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      exit(withError: error)
    }
  }
}

struct WriteSeeds: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seeds", abstract: "Write a small whole file of each format.")

  @Argument(help: "The folder to write to.")
  var folder: String

  func run() throws {
    for seed in try Seed.all() {
      try seed.write("\(folder)/\(seed.name)")
      print(seed.name)
    }
  }
}
