internal import Foundation
internal import JSON
internal import Layers

/// An operation in a graph that is no layer: what Keras records for `x * 2.0`, `keras.ops.relu6(x)` or `tf.concat([a, b], -1)`.
///
/// Keras 2 writes a `TFOpLambda` with the name of a function of TensorFlow, Keras 3 a class of `keras.src.ops`. Each becomes the
/// layer that computes the same: a constant that is added or multiplied becomes the offset or scale of a `Rescaling`. MobileNetV3
/// spells its hard sigmoid, `relu6(x + 3) / 6`, that way.
struct RawOperation {
  /// What an operation is called with.
  private enum Operand {
    /// As the file refers to it.
    case tensor(JSONValue)
    /// One number, or one for each channel.
    case constant([Double])
  }

  /// A layer in the place of an operation.
  private struct Replacement: Equatable {
    var kind: String
    var config: JSONValue = [:]
  }

  private let entry: JSONValue
  /// The operation in one spelling: `add`, `relu6`, `concatenate`.
  private let name: String
  private let isHistory: Bool

  /// Nil for a layer.
  init?(_ entry: JSONValue) {
    self.entry = entry
    if entry["class_name"] == "TFOpLambda", let function = entry["config"]?["function"]?.stringValue {
      // `math.add`, `__operators__.add`, `nn.relu6`
      let last = function.split(separator: ".").last.map(String.init) ?? function
      name = Self.functions[last] ?? last
      isHistory = false
    } else if let kind = entry["class_name"]?.stringValue, Self.isOperation(entry, kind) {
      name = Self.functions[kind.lowercased()] ?? kind.lowercased()
      isHistory = true
    } else {
      return nil
    }
  }

  /// Whether Keras 3 wrote an operation. Its whole-model `.h5` files leave out the module; there a layer, even one of somebody's
  /// own, still says whether it is trainable, and merging layers are called on one list.
  private static func isOperation(_ entry: JSONValue, _ kind: String) -> Bool {
    if let module = entry["module"]?.stringValue { return module.hasPrefix("keras.src.ops.") || module == "keras.ops" }
    guard let arguments = entry["inbound_nodes"]?.arrayValue?.first?["args"]?.arrayValue, !arguments.isEmpty,
      entry["config"]?["trainable"] == nil, entry["config"]?["dtype"] == nil
    else { return false }
    return !LayerRegistry.kinds.contains(kind) || arguments.count > 1
  }

  /// Spellings that are not the operation's own name.
  private static let functions = [
    "truediv": "divide", "truedivide": "divide", "div": "divide", "concat": "concatenate", "reduce_mean": "mean",
    "reduce_max": "max", "hardswish": "hard_swish", "hardsilu": "hard_swish", "hardsigmoid": "hard_sigmoid",
    "leakyrelu": "leaky_relu", "swish": "silu",
  ]

  /// The entry of a layer that computes the same, or one whose class says what is not known.
  var asLayer: JSONValue {
    guard var members = entry.objectValue else { return entry }
    var replacement: Replacement?
    var calls: [JSONValue] = []
    for node in entry["inbound_nodes"]?.arrayValue ?? [] {
      guard let (operands, arguments) = isHistory ? history(node) : list(node),
        let found = layer(operands, arguments), replacement ?? found == found
      else { return unknown(members) }
      replacement = found
      let tensors = operands.compactMap { operand -> JSONValue? in
        if case .tensor(let reference) = operand { reference } else { nil }
      }
      calls.append(isHistory ? ["args": .array(tensors), "kwargs": [:]] : .array(tensors))
    }
    guard let replacement else { return unknown(members) }
    var config = replacement.config.objectValue ?? [:]
    config["name"] = entry["config"]?["name"] ?? entry["name"]
    members["class_name"] = .string(replacement.kind)
    members["module"] = nil
    members["config"] = .object(config)
    members["inbound_nodes"] = .array(calls)
    return .object(members)
  }

  private func unknown(_ members: OrderedDictionary<String, JSONValue>) -> JSONValue {
    var members = members
    members["class_name"] = .string((isHistory ? "keras.ops." : "TFOpLambda ") + name)
    return .object(members)
  }

  /// The layer for one call.
  private func layer(_ operands: [Operand], _ arguments: [String: JSONValue]) -> Replacement? {
    // Anything else would change what is computed.
    guard arguments.keys.allSatisfy(["axis", "keepdims"].contains) else { return nil }
    switch (operands.first, operands.dropFirst().first, operands.count) {
    case (.tensor?, .constant(let constant)?, 2): return withConstant(constant, isFirst: false)
    case (.constant(let constant)?, .tensor?, 2): return withConstant(constant, isFirst: true)
    case (.tensor?, nil, 1): return unary(arguments)
    default: break
    }
    guard operands.allSatisfy({ if case .tensor = $0 { true } else { false } }) else { return nil }
    switch name {
    case "add", "subtract", "multiply", "maximum", "minimum":
      return operands.count == 2 ? Replacement(kind: name.capitalized) : nil
    case "concatenate":
      return Replacement(kind: "Concatenate", config: ["axis": arguments["axis"] ?? entry["config"]?["axis"] ?? -1])
    default: return nil
    }
  }

  /// `x + c`, `c − x` and their like: a `Rescaling`.
  private func withConstant(_ constant: [Double], isFirst: Bool) -> Replacement? {
    func rescaling(_ scale: [Double], _ offset: [Double]) -> Replacement {
      func value(_ numbers: [Double]) -> JSONValue {
        numbers.count == 1 ? .number(numbers[0]) : .array(numbers.map { .number($0) })
      }
      return Replacement(kind: "Rescaling", config: ["scale": value(scale), "offset": value(offset)])
    }
    switch name {
    case "add": return rescaling([1], constant)
    case "subtract": return isFirst ? rescaling([-1], constant) : rescaling([1], constant.map { -$0 })
    case "multiply": return rescaling(constant, [0])
    case "divide":
      guard !isFirst, !constant.contains(0) else { return nil }
      return rescaling(constant.map { 1 / $0 }, [0])
    case "maximum" where constant == [0]: return Replacement(kind: "ReLU")
    default: return nil
    }
  }

  private func unary(_ arguments: [String: JSONValue]) -> Replacement? {
    let settings = entry["config"]
    switch name {
    case "negative": return Replacement(kind: "Rescaling", config: ["scale": -1, "offset": 0])
    case "relu6": return Replacement(kind: "ReLU", config: ["max_value": 6])
    case "relu", "sigmoid", "tanh", "silu", "softplus", "softsign", "selu", "exp", "hard_swish":
      return Replacement(kind: "Activation", config: ["activation": .string(name == "exp" ? "exponential" : name)])
    case "hard_sigmoid" where isHistory:
      return Replacement(kind: "Activation", config: ["activation": "hard_sigmoid"])
    case "softmax":
      return Replacement(kind: "Softmax", config: ["axis": arguments["axis"] ?? settings?["axis"] ?? -1])
    case "mean", "max":
      let axes = (arguments["axis"] ?? settings?["axis"])?.arrayValue?.map(\.intValue)
      guard axes == [1, 2] else { return nil }
      let keeps = (arguments["keepdims"] ?? settings?["keepdims"])?.boolValue ?? false
      return Replacement(
        kind: name == "mean" ? "GlobalAveragePooling2D" : "GlobalMaxPooling2D", config: ["keepdims": .bool(keeps)])
    default: return nil
    }
  }

  // MARK: Calls

  /// Keras 3: `{"args": [tensor, 3.0], "kwargs": {…}}`.
  private func history(_ node: JSONValue) -> ([Operand], [String: JSONValue])? {
    var operands: [Operand] = []
    for argument in node["args"]?.arrayValue ?? [] {
      if let items = argument.arrayValue, items.allSatisfy(Self.isTensor) {
        operands += items.map { .tensor($0) }
      } else if Self.isTensor(argument) {
        operands.append(.tensor(argument))
      } else if let numbers = Self.numbers(argument) {
        operands.append(.constant(numbers))
      } else if !argument.isNull {
        return nil
      }
    }
    return (operands, Self.arguments(node["kwargs"]))
  }

  /// Keras 2: `["layer", 0, 0, {"y": 3.0}]`, with `["_CONSTANT_VALUE", -1, 2.0, {…}]` for a constant, or a list of such.
  private func list(_ node: JSONValue) -> ([Operand], [String: JSONValue])? {
    guard let parts = node.arrayValue else { return nil }
    let items = parts.first?.stringValue == nil ? parts : [node]
    var operands: [Operand] = []
    var arguments: [String: JSONValue] = [:]
    for item in items {
      guard let parts = item.arrayValue, let operand = Self.operand(parts) else { return nil }
      operands.append(operand)
      arguments.merge(Self.arguments(parts.count > 3 ? parts[3] : nil)) { first, _ in first }
    }
    if let second = arguments.removeValue(forKey: "y") {
      if let numbers = Self.numbers(second) {
        operands.append(.constant(numbers))
      } else if let parts = second.arrayValue, let operand = Self.operand(parts) {
        operands.append(operand)
      } else {
        return nil
      }
    }
    return (operands, arguments)
  }

  private static func operand(_ parts: [JSONValue]) -> Operand? {
    guard parts.count >= 3, let name = parts[0].stringValue else { return nil }
    if name == "_CONSTANT_VALUE" { return numbers(parts[2]).map { .constant($0) } }
    return .tensor(.array(Array(parts.prefix(3)) + [[:]]))
  }

  private static func isTensor(_ value: JSONValue) -> Bool { value["config"]?["keras_history"] != nil }

  /// A number, a list of numbers, or an array as Keras 3 writes it: `{"class_name": "__tensor__", "config": {"value": […]}}`.
  private static func numbers(_ value: JSONValue) -> [Double]? {
    let value = value["config"]?["value"] ?? value
    if let number = value.doubleValue { return number.isFinite ? [number] : nil }
    guard let list = value.arrayValue, !list.isEmpty else { return nil }
    let numbers = list.compactMap(\.doubleValue).filter(\.isFinite)
    return numbers.count == list.count ? numbers : nil
  }

  /// The arguments by name that say something.
  private static func arguments(_ value: JSONValue?) -> [String: JSONValue] {
    var found: [String: JSONValue] = [:]
    for (key, value) in value?.objectValue ?? [:] where !value.isNull && key != "name" { found[key] = value }
    return found
  }
}

extension JSONValue {
  /// A description of a model with layers in the place of raw operations and of the Lambdas of Keras' own applications.
  var withLayersForOperations: JSONValue {
    guard var members = objectValue, members["class_name"]?.stringValue.map(ModelConfigReader.isModel) == true else {
      return RawOperation(self)?.asLayer ?? ScaleLambda.asLayer(self) ?? self
    }
    if var settings = members["config"]?.objectValue, let layers = settings["layers"]?.arrayValue {
      settings["layers"] = .array(layers.map(\.withLayersForOperations))
      members["config"] = .object(settings)
    }
    return .object(members)
  }
}
