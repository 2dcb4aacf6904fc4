public import ArgumentParser
public import FineTune

// How the library's choices are written on the command line.

extension Preprocessing: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public static var allValueStrings: [String] { all.map(\.name) }
}

extension Interpolation: ExpressibleByArgument {}

extension Decoding: ExpressibleByArgument {}

extension Precision: ExpressibleByArgument {}

extension DataRecipe.Task: ExpressibleByArgument {}

extension FeatureExport.Pooling: ExpressibleByArgument {}

extension SweepRecipe.Method: ExpressibleByArgument {}

extension KerasFileFormat: ExpressibleByArgument {}

extension WeightAssignment.Method: ExpressibleByArgument {
  public init?(argument: String) {
    guard let match = WeightRules.methods.first(where: { $0.name == argument }) else { return nil }
    self = match.value
  }

  public static var allValueStrings: [String] { WeightRules.methods.map(\.name) }
}

extension StartingRecipe.Goal: ExpressibleByArgument {}

extension CompletionKind {
  /// Files of pictures, and folders.
  static var pictures: CompletionKind { .file(extensions: ["png", "jpg", "jpeg"]) }

  /// The names of architectures.
  static var architectures: CompletionKind { .list(ArchitectureRegistry.all.map(\.name)) }
}
