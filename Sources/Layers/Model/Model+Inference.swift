public import Kernels
public import Tensors

extension Model {
  /// The outputs in inference mode, layer by layer. The plain reference: `Execution` computes the same, faster.
  ///
  /// - Parameter inputs: one tensor `[batch, …]` per input of the model.
  public func callAsFunction(_ inputs: Tensor..., on device: Device) throws(ModelError) -> [Tensor] {
    let known = Dictionary(uniqueKeysWithValues: zip(self.inputs.map(\.value), inputs))
    guard inputs.count == self.inputs.count else {
      throw ModelError("the model has \(self.inputs.count) inputs, not \(inputs.count)")
    }
    _ = try shapes(for: inputs.map(\.shape.sample))
    return values(outputs, from: known, on: device)
  }

  /// Some of the model's values in inference mode, from others that are known.
  ///
  /// - Precondition: `known` suffices to compute `wanted`, with shapes that the layers accept.
  public func values(_ wanted: [ValueID], from known: [ValueID: Tensor], on device: Device) -> [Tensor] {
    var values = known
    let path = nodes(to: wanted, from: Set(known.keys))
    var uses = useCounts(path, wanted)
    for node in path {
      let instance = instances[node.instance]
      values[node.output] = instance.layer(
        node.inputs.map { take($0, values) }, parameters[instance.parameters].map(\.value), on: device)
      for input in node.inputs where uses[input, default: 0] > 0 {
        uses[input, default: 0] -= 1
        if uses[input] == 0 { values[input] = nil }
      }
    }
    return wanted.map { take($0, values) }
  }

  /// The nodes that must be computed for `wanted` when `known` is there, in order.
  package func nodes(to wanted: [ValueID], from known: Set<ValueID>) -> [Node] {
    var needed = Set(wanted).subtracting(known)
    var path: [Node] = []
    for node in nodes.reversed() where needed.contains(node.output) {
      path.append(node)
      needed.formUnion(node.inputs.filter { !known.contains($0) })
    }
    return path.reversed()
  }

  /// How often each value is used by `path`; the wanted values once more, so that they are kept.
  func useCounts(_ path: [Node], _ wanted: [ValueID]) -> [ValueID: Int] {
    var uses: [ValueID: Int] = [:]
    for node in path { for input in node.inputs { uses[input, default: 0] += 1 } }
    for value in wanted { uses[value, default: 0] += 1 }
    return uses
  }

  func take(_ value: ValueID, _ values: [ValueID: Tensor]) -> Tensor {
    guard let tensor = values[value] else { preconditionFailure("value \(value.index) is used before it is known") }
    return tensor
  }
}
