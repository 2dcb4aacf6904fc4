internal import JSON
internal import Layers

/// All architectures there are.
public enum ArchitectureRegistry {
  /// One line per family.
  public static let all: [Architecture] =
    [
      .mobileNet,
      .mobileNetV2,
      .mobileNetV3Small, .mobileNetV3Large, .mobileNetV3SmallMinimalistic, .mobileNetV3LargeMinimalistic,
      .vgg16, .vgg19,
      .resNet50, .resNet101, .resNet152,
      .resNet50V2, .resNet101V2, .resNet152V2,
      .inceptionV3, .inceptionResNetV2, .xception,
      .denseNet121, .denseNet169, .denseNet201,
      .nasNetMobile, .nasNetLarge,
    ] + Architecture.efficientNets + Architecture.efficientNetsV2 + Architecture.convNeXts + [
      .squeezeNet,
      .cifarResNet,
    ]

  /// The architecture of a name in any case; with or without `-` and `_`.
  public static func architecture(named name: String) throws(ArchitectureError) -> Architecture {
    if let match = all.first(where: { folded($0.name) == folded(name) }) { return match }
    let names = all.map(\.name)
    throw ArchitectureError("there is no architecture \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
  }

  /// The architecture whose weights are published under a file name, if it is one of those known.
  public static func architecture(ofWeightFile fileName: String) -> Architecture? {
    all.first { architecture in architecture.weightFiles.contains { Glob($0).matches(fileName) } }
  }

  private static func folded(_ name: String) -> String {
    name.lowercased().filter { $0 != "-" && $0 != "_" }
  }
}

/// An architecture that was asked for and does not exist.
public struct ArchitectureError: Error, Hashable, CustomStringConvertible {
  public var message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
