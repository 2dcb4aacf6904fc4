internal import Architectures
public import JSON
internal import Layers
public import Tensors

/// The architectures that can be asked for by name, each with what one chooses by.
public struct ArchitectureList: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let paper: String
    /// The size of image it was trained on.
    public let defaultSize: Size
    /// The least height and width of an image.
    public let minimumExtent: Int
    public let preprocessing: String
    /// The widths it was published in; empty where there is only one.
    public let alphas: [Float]
    /// With its top, at the full width.
    public let parameterCount: Int
    public let parameterCountWithoutTop: Int
    /// For one image of the default size.
    public let multiplyAdds: Int
    /// From the image to the classes.
    public let groups: [String]
  }

  public let entries: [Entry]

  /// Lays out every architecture; computes no weights.
  public init() throws {
    entries = try ArchitectureRegistry.all.map { architecture in
      let alpha = architecture.alphas.contains(1) || architecture.alphas.isEmpty ? 1 : architecture.alphas[0]
      let whole = try architecture.model(ArchitectureOptions(alpha: alpha, initialization: .none)).summary()
      let top = architecture.groups.last
      let topCount = whole.groups.first { $0.name == top }?.parameterCount ?? 0
      return Entry(
        name: architecture.name, paper: architecture.paper, defaultSize: architecture.defaultSize,
        minimumExtent: architecture.minimumExtent, preprocessing: architecture.preprocessing.name,
        alphas: architecture.alphas, parameterCount: whole.parameterCount,
        parameterCountWithoutTop: whole.parameterCount - topCount, multiplyAdds: whole.multiplyAdds ?? 0,
        groups: architecture.groups)
    }
  }

  public var json: JSONValue {
    .array(
      entries.map { entry in
        [
          "name": .string(entry.name), "paper": .string(entry.paper),
          "default_size": [.integer(entry.defaultSize.height), .integer(entry.defaultSize.width)],
          "minimum_extent": .integer(entry.minimumExtent), "preprocessing": .string(entry.preprocessing),
          "alphas": .array(entry.alphas.map { .number(Double("\($0)") ?? Double($0)) }),
          "parameters": .integer(entry.parameterCount),
          "parameters_without_top": .integer(entry.parameterCountWithoutTop),
          "multiply_adds": .integer(entry.multiplyAdds), "groups": .array(entry.groups.map { .string($0) }),
        ]
      })
  }
}
