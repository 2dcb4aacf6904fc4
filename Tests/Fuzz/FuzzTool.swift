import ArgumentParser
import FineTune
import Foundation

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
    for name in ["model.keras", "model.weights.h5"] { try convert("whole.h5", to: name) }
  }

  /// Other formats are written by the tool beside this program; one that it does not write is said to be left out.
  private func convert(_ source: String, to name: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "finetune")
    process.arguments = ["convert", "\(folder)/\(source)", "\(folder)/\(name)", "--quiet"]
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus == 0 {
      print(name)
    } else {
      FileHandle.standardError.write(Data("left out: \(name)\n".utf8))
    }
  }
}
