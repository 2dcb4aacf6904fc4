/// The kinds of files that Keras keeps models and weights in.
public enum KerasFileFormat: String, CaseIterable, Hashable, Sendable {
  /// A zip archive with configuration and weights: what Keras 3 calls the native format.
  case keras
  /// HDF5 with configuration and weights, which Keras 1 to 3 and tf.keras read.
  case h5
  /// HDF5 with weights by class and number, of Keras 3 and tf.keras from 2.12 on.
  case weightsH5 = "weights.h5"
  /// Several files as `weightsH5`, and a JSON text that says which tensor is in which.
  case weightsJSON = "weights.json"
  /// HDF5 with weights by the names of layers, which Keras 1 to 3 and tf.keras read.
  case legacyWeights = "h5-weights"

  /// Whether such a file holds weights without the model they belong to.
  public var holdsWeightsAlone: Bool {
    switch self {
    case .keras, .h5: false
    case .weightsH5, .weightsJSON, .legacyWeights: true
    }
  }

  /// The format that Keras expects of a name.
  public init?(nameOf path: String) {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    if name.hasSuffix(".keras") {
      self = .keras
    } else if name.hasSuffix(".weights.h5") {
      self = .weightsH5
    } else if name.hasSuffix(".weights.json") {
      self = .weightsJSON
    } else if name.hasSuffix(".h5") || name.hasSuffix(".hdf5") {
      self = .h5
    } else {
      return nil
    }
  }

  /// What it is, in a few words.
  public var summary: String {
    switch self {
    case .keras: "Keras 3 archive (.keras)"
    case .h5: "whole model, legacy HDF5 (.h5)"
    case .weightsH5: "weights, Keras 3 HDF5 (.weights.h5)"
    case .weightsJSON: "weights in shards, Keras 3 (.weights.json)"
    case .legacyWeights: "weights, legacy HDF5 (.h5)"
    }
  }
}
