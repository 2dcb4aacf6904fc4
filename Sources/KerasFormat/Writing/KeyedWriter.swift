internal import HDF5
internal import Layers
internal import Tensors

/// Writes weights in Keras 3's layout: by class and number, with the names of layers as attributes.
struct KeyedWriter {
  let model: Model
  let names: FileNames

  init(_ model: Model, _ names: FileNames) {
    self.model = model
    self.names = names
  }

  /// A layer or model with a group of its own.
  struct Place {
    /// The path of its group, empty for the model itself: `layers/conv2d`.
    var path: String
    var name: String
    /// Indices into `Model.parameters`, in the order of their creation.
    var parameters: Range<Int>
  }

  /// All groups in Keras' order.
  var places: [Place] {
    var places: [Place] = []
    func visit(_ container: Int, _ path: String, _ name: String) {
      places.append(Place(path: path, name: name, parameters: 0..<0))
      for (member, key) in model.keys(ofContainer: container) {
        let inner = (path.isEmpty ? "" : path + "/") + "layers/" + key
        let name = names.name(ofMember: member, in: container)
        switch model.containers[container].members[member].content {
        case .input: places.append(Place(path: inner, name: name, parameters: 0..<0))
        case .layer(let instance):
          places.append(Place(path: inner, name: name, parameters: model.instances[instance].parameters))
        case .container(let index): visit(index, inner, name)
        }
      }
    }
    visit(0, "", model.name)
    return places
  }

  func write(to root: HDF5Group) throws(HDF5Error) {
    for place in places {
      let group = try Self.group(of: place.path, name: place.name, in: root)
      for (index, parameter) in place.parameters.enumerated() {
        try Self.write(model.parameters[parameter].value, as: "\(index)", to: group)
      }
    }
  }

  /// The group of variables of a layer, made if need be.
  static func group(of path: String, name: String, in root: HDF5Group) throws(HDF5Error) -> HDF5Group {
    let group = try root.createGroup(at: path.isEmpty ? "vars" : path + "/vars")
    try group.attributes.write("name", string: name)
    return group
  }

  static func write(_ value: Tensor, as name: String, to group: HDF5Group) throws(HDF5Error) {
    try unsafe value.withUnsafeElements { elements throws(HDF5Error) in
      _ = try unsafe group.writeDataset(name, floats: elements, shape: value.shape.dimensions)
    }
  }
}
