public import Foundation

/// The tool `finetune`, built beside the tests.
public enum BuiltTool {
  public static let url: URL = {
    // The test bundle and the tool are products of the same build.
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/",
      !FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("finetune").path)
    {
      folder.deleteLastPathComponent()
    }
    return folder.appendingPathComponent("finetune")
  }()
}
