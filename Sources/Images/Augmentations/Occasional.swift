public import JSON
public import Tensors

/// Any augmentation, on some pictures only: what `"probability"` beside its settings makes of it.
public struct Occasional<Changed: Augmentation>: Augmentation {
  public static var name: String { Changed.name }

  public var augmentation: Changed
  /// The chance, from 0 to 1, with which a picture is changed; drawn for each picture and epoch.
  public var probability: Double

  public init(_ augmentation: Changed, probability: Double) {
    self.augmentation = augmentation
    self.probability = probability
  }

  public init(config: JSONValue) throws(AugmentationError) {
    var reader = try AugmentationReader(config, of: Self.name)
    probability = try reader.number("probability", in: 0...1, default: 1)
    var settings = config.objectValue ?? [:]
    settings["probability"] = nil
    augmentation = try Changed(config: .object(settings))
  }

  public var config: JSONValue {
    var settings = augmentation.config.objectValue ?? [:]
    settings["probability"] = .number(probability)
    return .object(settings)
  }

  @unsafe public func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey) {
    // A key of its own, so that what is drawn for the change is no other than without a probability.
    guard key.folding("probability").uniform() < probability else { return }
    unsafe augmentation.apply(to: sample, shape: shape, key: key)
  }
}
