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
    // A nested model stands in the list as one layer with all its weights.
    let found = model.containers[0].members.compactMap { member -> String? in
      let instances = Self.instances(of: member, in: model).filter { !$0.parameters.isEmpty }
      guard let first = instances.first else { return nil }
      let kind = if case .container = member.content { "Sequential" } else { first.layer.kind }
      let shapes = instances.flatMap { model.parameters[$0.parameters].map { $0.shape.description } }
      return "\(member.name) \(kind) \(shapes.joined(separator: " "))"
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
    var counts: [String: Int] = [:]
    for member in model.containers[0].members {
      switch member.content {
      case .input: counts["InputLayer", default: 0] += 1
      case .layer(let instance): counts[model.instances[instance].layer.kind, default: 0] += 1
      case .container: counts["Sequential", default: 0] += 1
      }
    }
    var listed = Dictionary(
      uniqueKeysWithValues: expected["classes"]?.objectValue?.map { ($0.key, $0.value.intValue ?? 0) } ?? [])
    // Operations on constants stand here as rescaling, sums of two values as the layer.
    let isConstant = architecture.name.hasPrefix("MobileNetV3")
    for (name, count) in expected["ops"]?.objectValue ?? [:] {
      listed[isConstant ? "Rescaling" : name, default: 0] += count.intValue ?? 0
    }
    #expect(counts == listed)
  }

  private static func instances(of member: Container.Member, in model: Model) -> [LayerInstance] {
    switch member.content {
    case .input: []
    case .layer(let instance): [model.instances[instance]]
    case .container(let inner): model.containers[inner].members.flatMap { instances(of: $0, in: model) }
    }
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
