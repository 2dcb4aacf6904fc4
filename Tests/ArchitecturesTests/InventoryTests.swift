import Architectures
import Foundation
import JSON
import Layers
import Tensors
import TestSupport
import Testing

/// `keras.applications` as Keras itself builds it, where the list is at hand.
@Suite(
  "Keras' inventory",
  .enabled(if: Inventory.url != nil, "no keras/applications.json beside the data that FINETUNE_DATA names"))
struct InventoryTests {
  @Test("Layers with weights: names, kinds, order and shapes are Keras'", arguments: ArchitectureRegistry.all)
  func weights(_ architecture: Architecture) throws {
    guard let expected = try Inventory.model(architecture.name) else { return }
    let model = try architecture.model(ArchitectureOptions(initialization: .none))
    let found = model.instances.filter { !$0.parameters.isEmpty }.map { instance in
      let shapes = model.parameters[instance.parameters].map { $0.shape.description }
      return "\(instance.name) \(instance.layer.kind) \(shapes.joined(separator: " "))"
    }
    let listed = expected["weights"]?.arrayValue?.map { layer -> String in
      let parts = layer.arrayValue ?? []
      let shapes = parts[2].arrayValue?.map { "[" + ints($0.arrayValue?[1]).joined(separator: ", ") + "]" } ?? []
      return "\(parts[0].stringValue ?? "") \(parts[1].stringValue ?? "") \(shapes.joined(separator: " "))"
    }
    #expect(found == listed)
    #expect(model.parameters.reduce(0) { $0 + $1.shape.elementCount } == expected["params"]?.intValue)
  }

  @Test("There are as many layers of each kind as in Keras", arguments: ArchitectureRegistry.all)
  func kinds(_ architecture: Architecture) throws {
    guard let expected = try Inventory.model(architecture.name) else { return }
    let model = try architecture.model(ArchitectureOptions(initialization: .none))
    var counts = ["InputLayer": model.inputs.count]
    for instance in model.instances { counts[instance.layer.kind, default: 0] += 1 }
    let listed = expected["classes"]?.objectValue?.map { ($0.key, $0.value.intValue ?? 0) } ?? []
    #expect(counts == Dictionary(uniqueKeysWithValues: listed))
  }

  private func ints(_ value: JSONValue?) -> [String] {
    value?.arrayValue?.compactMap { $0.intValue?.description } ?? []
  }
}

private enum Inventory {
  static let url = SharedData.url("../keras/applications.json")

  static func model(_ name: String) throws -> JSONValue? {
    guard let url else { return nil }
    return try JSONValue(parsing: String(contentsOf: url, encoding: .utf8))[name]
  }
}
