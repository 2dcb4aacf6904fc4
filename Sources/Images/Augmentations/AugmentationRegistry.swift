public import JSON
public import Tensors

/// The augmentations there are.
public enum AugmentationRegistry {
  public static let all: [any Augmentation.Type] = [
    RandomFlip.self, RandomCrop.self, RandomResizedCrop.self, RandomRotation.self, RandomZoom.self,
    RandomTranslation.self, RandomShear.self, RandomBrightness.self, RandomContrast.self, RandomSaturation.self,
    RandomHue.self, RandomGrayscale.self, RandomGaussianBlur.self, GaussianNoise.self, RandomErasing.self,
    RandAugment.self, AugMix.self,
  ]

  /// The names, as recipes write them.
  public static var names: [String] { all.map { $0.name } }

  /// The augmentation that `{"name": …, settings…}` describes; with `"probability"` it leaves some pictures as they are.
  public static func augmentation(config: JSONValue) throws(AugmentationError) -> any Augmentation {
    let name = try name(in: config, among: names)
    guard let type = all.first(where: { $0.name == name }) else { preconditionFailure("\(name) is one of them") }
    return config["probability"] == nil ? try type.init(config: config) : try occasional(type, config)
  }

  /// The name of one of a few in `{"name": …, settings…}`.
  package static func name(in config: JSONValue, among names: [String]) throws(AugmentationError) -> String {
    guard config.objectValue != nil else {
      throw AugmentationError("expected an object such as {\"name\": \"random_flip\"}, found \(config.kindName)")
    }
    guard let name = config["name"]?.stringValue else {
      throw AugmentationError(key: "name", "expected the name of an augmentation: \(names.joined(separator: ", "))")
    }
    guard names.contains(name) else {
      throw AugmentationError(
        key: "name", "no augmentation is called \"\(name)\". \(Suggestion.sentence(for: name, among: names))")
    }
    return name
  }

  private static func occasional<Changed: Augmentation>(
    _ type: Changed.Type, _ config: JSONValue
  ) throws(AugmentationError) -> any Augmentation {
    try Occasional<Changed>(config: config)
  }

  /// The key for one sample's change: every epoch and every sample draws anew, whatever the batch.
  public static func key(seed: UInt64, epoch: Int, sample: Int, position: Int = 0) -> RandomKey {
    RandomKey(seed: seed).folding("augment").folding(UInt64(epoch)).folding(UInt64(sample)).folding(UInt64(position))
  }
}
