internal import HDF5
internal import Layers
internal import Tensors

/// Writes weights by the names of layers, as every version of Keras reads them.
enum LegacyWriter {
  /// One group per layer of the model, in the order of names; the tensors of a nested model are all in its group.
  static func write(
    _ model: Model, _ names: FileNames, _ version: String, to group: HDF5Group
  ) throws(HDF5Error) {
    let root = model.containers[0]
    let order = root.kerasOrder()
    try ChunkedNames.write("layer_names", order.map { names.name(ofMember: $0, in: 0) }, to: group)
    try group.attributes.write("backend", string: KerasWriter.backend)
    try group.attributes.write("keras_version", string: version)
    let paths = WrittenPaths(model, names)
    let members = Dictionary(uniqueKeysWithValues: model.weightedMembers.map { ($0.name, $0) })
    for member in order.sorted(by: { names.name(ofMember: $0, in: 0) < names.name(ofMember: $1, in: 0) }) {
      let layer = try group.createGroup(at: names.name(ofMember: member, in: 0))
      let parameters =
        members[root.members[member].name]?.parameters(of: model) { model.instances[$0].isFrozen } ?? []
      try ChunkedNames.write("weight_names", parameters.map { paths[$0] }, to: layer)
      for parameter in parameters {
        let value = model.parameters[parameter].value
        try unsafe value.withUnsafeElements { elements throws(HDF5Error) in
          _ = try unsafe layer.writeDataset(paths[parameter], floats: elements, shape: value.shape.dimensions)
        }
      }
    }
  }
}
