public import Images
public import JSON
public import Tensors

/// A change of a whole mini-batch that mixes its pictures with one another and their targets alike: a configuration with Keras'
/// names and no state.
public protocol SampleMixing: Hashable, Sendable {
  /// The name in recipes: `mix_up`.
  static var name: String { get }

  /// Whether targets that are numbers are mixed as well: whether a mixture of pictures shows the mean of their numbers.
  static var mixesNumbers: Bool { get }

  /// The settings, with nothing unknown among them.
  init(config: JSONValue) throws(AugmentationError)

  /// All settings, as `init(config:)` reads them.
  var config: JSONValue { get }

  /// The chance, from 0 to 1, with which a mini-batch is mixed.
  var probability: Double { get }

  /// How a batch of so many pictures `[height, width, channels]` is mixed, which depends on the key alone.
  func mixture(of count: Int, picture: Shape, key: RandomKey) -> SampleMixture
}

/// The ways of mixing there are.
public enum MixingRegistry {
  public static let all: [any SampleMixing.Type] = [MixUp.self, CutMix.self]

  /// The names, as recipes write them.
  public static var names: [String] { all.map { $0.name } }

  /// What `{"name": …, settings…}` describes.
  public static func mixing(config: JSONValue) throws(AugmentationError) -> any SampleMixing {
    let name = try AugmentationRegistry.name(in: config, among: names)
    guard let type = all.first(where: { $0.name == name }) else { preconditionFailure("\(name) is one of them") }
    return try type.init(config: config)
  }
}

/// Mixes the mini-batches of a run. What is drawn follows from the seed, the epoch and the samples of the batch, so it is the
/// same with any number of threads and after a run has been gone on with.
public struct BatchMixer: Sendable {
  public let mixings: [any SampleMixing]
  public let seed: UInt64

  /// - Parameter mixings: applied one after the other.
  public init(_ mixings: [any SampleMixing], seed: UInt64) {
    self.mixings = mixings
    self.seed = seed
  }

  /// How the batch of the samples at `indices` is mixed in an epoch.
  ///
  /// - Parameter picture: the shape of one.
  public func mixtures(_ indices: [Int], epoch: Int, picture: Shape) -> [SampleMixture] {
    let batch = indices.reduce(RandomKey(seed: seed).folding("mix").folding(UInt64(epoch))) {
      $0.folding(UInt64($1))
    }
    return mixings.enumerated().compactMap { position, mixing in
      let key = batch.folding(UInt64(position))
      guard key.folding("probability").uniform() < mixing.probability else { return nil }
      return mixing.mixture(of: indices.count, picture: picture, key: key)
    }
  }
}
