import Crypto
public import Layers
import Tensors

/// What frozen parameters were, to be held against what they are after training.
///
/// The SHA-256 of every tensor's bytes, so that no copy of a large backbone has to be kept.
public struct FrozenFingerprint: Sendable {
  private let digests: [(parameter: Int, path: String, digest: SHA256Digest)]

  /// Of what is frozen in `model` now.
  public init(_ model: Model) { self.init(model, parameters: model.frozenParameters) }

  /// Of the parameters at these indices.
  public init(_ model: Model, parameters: [Int]) {
    digests = parameters.map { ($0, model.parameters[$0].path, Self.digest(model.parameters[$0].value)) }
  }

  /// Compares with the same parameters of `model`.
  public func compare(with model: Model) -> FrozenReport {
    let changed = digests.filter { entry in
      entry.parameter >= model.parameters.count || model.parameters[entry.parameter].path != entry.path
        || Self.digest(model.parameters[entry.parameter].value) != entry.digest
    }
    return FrozenReport(tensors: digests.count, changed: changed.map(\.path))
  }

  private static func digest(_ tensor: Tensor) -> SHA256Digest {
    unsafe tensor.withUnsafeElements { elements in
      var hash = SHA256()
      unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(elements))
      return hash.finalize()
    }
  }
}

/// Whether frozen parameters are byte for byte what they were.
public struct FrozenReport: Hashable, Sendable, CustomStringConvertible {
  /// How many were frozen.
  public let tensors: Int
  /// The paths of those that changed: always none, unless there is a bug.
  public let changed: [String]

  public init(tensors: Int, changed: [String]) {
    self.tensors = tensors
    self.changed = changed
  }

  public var isUnchanged: Bool { changed.isEmpty }

  /// `81 tensors, unchanged`
  public var description: String {
    "\(tensors) tensors, " + (isUnchanged ? "unchanged" : "CHANGED: \(changed.joined(separator: ", "))")
  }
}
