public import ArgumentParser
public import FineTune

// How the library's choices are written on the command line.

extension Preprocessing: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public static var allValueStrings: [String] { all.map(\.name) }
}

extension Interpolation: ExpressibleByArgument {}

extension Precision: ExpressibleByArgument {}

extension DataRecipe.Task: ExpressibleByArgument {}

extension FeatureExport.Pooling: ExpressibleByArgument {}
