public import JSON
public import Tensors

/// A random change of a picture that leaves its label true: a configuration with Keras' names and no state.
public protocol Augmentation: Hashable, Sendable {
  /// The name in recipes: `random_flip`.
  static var name: String { get }

  /// The settings, in Keras' names, with nothing unknown among them.
  init(config: JSONValue) throws(AugmentationError)

  /// All settings, as `init(config:)` reads them.
  var config: JSONValue { get }

  /// Changes one picture `[height, width, channels]` in place, in a way that depends on the key alone.
  @unsafe func apply(to sample: UnsafeMutableBufferPointer<Float>, shape: Shape, key: RandomKey)
}

extension Augmentation {
  /// The changed batch: sample `i` of `[batch, height, width, channels]` is changed as `keys[i]` says.
  public func callAsFunction(
    _ images: Tensor, keys: [RandomKey],
    forEach: ForEachIndex = { count, body in for index in 0..<count { body(index) } }
  ) -> Tensor {
    precondition(images.shape.rank == 4 && images.shape[0] == keys.count, "\(keys.count) keys for \(images.shape)")
    let shape = images.shape.sample
    let stride = shape.elementCount
    var changed = images
    unsafe changed.withUnsafeMutableElements { elements in
      // Each index changes its own part only, and `forEach` returns after all have been changed.
      nonisolated(unsafe) let parts = unsafe elements
      forEach(keys.count) { index in
        unsafe apply(
          to: UnsafeMutableBufferPointer(rebasing: parts[(index * stride)..<((index + 1) * stride)]), shape: shape,
          key: keys[index])
      }
    }
    return changed
  }
}

/// What is wrong with an augmentation's settings.
public struct AugmentationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key; empty for the settings as a whole.
  public let key: String
  public let message: String

  public init(key: String = "", _ message: String) {
    self.key = key
    self.message = message
  }

  public var description: String { key.isEmpty ? message : "\(key): \(message)" }
}
