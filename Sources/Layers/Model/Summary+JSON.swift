public import JSON
internal import Tensors

extension Summary {
  /// Everything the table says, and the freeze groups.
  public var json: JSONValue {
    [
      "name": .string(name),
      "inputs": .array(
        inputs.map { ["name": .string($0.name), "shape": Self.json($0.shape)] }),
      "layers": .array(rows.map(\.json)),
      "groups": .array(
        groups.map { group in
          [
            "name": .string(group.name), "layers": .integer(group.layerCount),
            "parameters": .integer(group.parameterCount), "trainable_parameters": .integer(group.trainableCount),
            "multiply_adds": group.multiplyAdds.map { .integer($0) } ?? nil, "frozen": .bool(group.isFrozen),
          ]
        }),
      "parameters": .integer(parameterCount),
      "trainable_parameters": .integer(trainableCount),
      "multiply_adds": multiplyAdds.map { .integer($0) } ?? nil,
    ]
  }

  fileprivate static func json(_ shape: [Int?]) -> JSONValue { .array(shape.map { $0.map { .integer($0) } ?? .null }) }
}

extension Summary.Row {
  fileprivate var json: JSONValue {
    [
      "name": .string(path),
      "class_name": .string(kind),
      "group": group.map { .string($0) } ?? nil,
      "output_shape": Summary.json(outputShape),
      "parameters": .integer(parameterCount),
      "trainable_parameters": .integer(trainableCount),
      "frozen": .bool(isFrozen),
      "multiply_adds": multiplyAdds.map { .integer($0) } ?? nil,
      "receptive_field": receptiveField.size.map { [.integer($0.height), .integer($0.width)] } ?? nil,
      "connected_to": .array(connectedTo.map { .string($0) }),
    ]
  }
}
