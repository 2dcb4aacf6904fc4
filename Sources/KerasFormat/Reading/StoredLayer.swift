internal import HDF5

/// The tensors of one layer in a file; of a nested model, those of all its layers.
public struct StoredLayer: Sendable {
  public let name: String
  /// In the file's order, which is Keras' contract: trainable ones first, as they were when the file was written.
  public let tensors: [StoredTensor]

  package init(name: String, tensors: [StoredTensor]) {
    self.name = name
    self.tensors = tensors
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
      layers.append(StoredLayer(name: name, tensors: try tensors(in: group, file)))
    }
    return layers
  }

  /// The tensors that `weight_names` of a group lists.
  static func tensors(in group: HDF5Group, _ file: String) throws(KerasError) -> [StoredTensor] {
    var tensors: [StoredTensor] = []
    for weight in try ChunkedNames.read("weight_names", of: group, file) {
      let dataset = try keras { () throws(HDF5Error) in try group.dataset(at: weight) }
      tensors.append(try StoredTensor(name: weight, dataset: dataset, file: file))
    }
    return tensors
  }
}
