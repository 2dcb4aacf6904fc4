internal import HDF5
public import Tensors

/// The tensors of one layer in a file; of a nested model, those of all its layers.
public struct StoredLayer: Sendable {
  public let name: String
  /// In the file's order, which is Keras' contract: trainable ones first, as they were when the file was written.
  public let tensors: [StoredTensor]
}

/// A tensor in a file.
public struct StoredTensor: Sendable {
  /// Its name inside the layer's group, with whatever prefixes and suffixes Keras gave it: `conv1/kernel:0`.
  public let name: String
  /// Where it stands in the file.
  public var path: String { dataset.path }
  public let shape: Shape
  private let dataset: HDF5Dataset
  private let file: String

  init(name: String, dataset: HDF5Dataset, file: String) {
    self.name = name
    self.dataset = dataset
    self.file = file
    shape = Shape(dataset.shape)
  }

  /// How the numbers are stored where that is not 32-bit floats: `float16`.
  public var storedAs: String? {
    dataset.elementKind == .float(bits: 32) ? nil : "\(dataset.elementKind)"
  }

  /// Reads all numbers.
  public func read() throws(KerasError) -> Tensor {
    // Every element is written by the read, or it throws.
    var tensor = unsafe Tensor(uninitialized: shape)
    do throws(HDF5Error) {
      try unsafe tensor.withUnsafeMutableElements { buffer throws(HDF5Error) in
        try unsafe dataset.readFloats(into: buffer)
      }
    } catch {
      throw KerasError(error, file: file)
    }
    return tensor
  }
}

extension StoredLayer {
  /// All layers that `layer_names` lists.
  static func all(in weights: HDF5Group, _ file: String) throws(KerasError) -> [StoredLayer] {
    let names = try ChunkedNames.read("layer_names", of: weights, file)
    var seen = Set<String>()
    var layers: [StoredLayer] = []
    for name in names {
      guard seen.insert(name).inserted else {
        throw KerasError(.damaged, file: file, place: "layer_names", "lists \"\(name)\" twice")
      }
      let group = try keras { () throws(HDF5Error) in try weights.group(at: name) }
      var tensors: [StoredTensor] = []
      for weight in try ChunkedNames.read("weight_names", of: group, file) {
        let dataset = try keras { () throws(HDF5Error) in try group.dataset(at: weight) }
        tensors.append(StoredTensor(name: weight, dataset: dataset, file: file))
      }
      layers.append(StoredLayer(name: name, tensors: tensors))
    }
    return layers
  }
}
