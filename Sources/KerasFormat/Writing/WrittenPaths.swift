internal import Layers

/// The names of all tensors in a file: `conv1/kernel:0`, and of a nested model `base/conv1/kernel:0`.
struct WrittenPaths {
  private var paths: [String]

  init(_ model: Model, _ names: FileNames) {
    paths = Array(repeating: "", count: model.parameters.count)
    walk(0, "", model, names)
  }

  subscript(parameter: Int) -> String { paths[parameter] }

  private mutating func walk(_ container: Int, _ prefix: String, _ model: Model, _ names: FileNames) {
    for (index, member) in model.containers[container].members.enumerated() {
      let path = prefix + names.name(ofMember: index, in: container) + "/"
      switch member.content {
      case .input: break
      case .container(let inner): walk(inner, path, model, names)
      case .layer(let instance):
        for parameter in model.instances[instance].parameters {
          paths[parameter] = path + model.roleName(parameter) + ":0"
        }
      }
    }
  }
}
