internal import JSON
public import Layers

/// What is put on top of a pretrained model.
public enum HeadRecipe: Sendable {
  /// Layers, one by one.
  case layers([LayerRecipe])
  /// What the head is for; the layers follow.
  case intent(HeadIntent)
}

/// A head by intent: hidden layers of so many units, and an output for what is asked.
public struct HeadIntent: Hashable, Sendable {
  /// What the outputs are.
  public enum Outputs: String, CaseIterable, Hashable, Sendable {
    /// One class of several: probabilities that sum to 1.
    case softmax
    /// Any number of labels at once, each a yes or no of its own.
    case sigmoid
    /// Numbers.
    case linear
  }

  /// The units of hidden layers, from the features to the outputs.
  public var hidden: [Int] = []
  /// Of the hidden layers, by Keras' name.
  public var activation = "relu"
  /// Whether batch normalisation stands in front of each hidden activation.
  public var normalizes = false
  /// The share of features that dropout takes away in front of the outputs, and behind each hidden layer.
  public var dropout = 0.0
  /// How an image of features becomes a vector.
  public var pooling = FeaturePooling.average
  /// Nil for the task's own.
  public var outputs: Outputs?

  public init() {}
}

extension HeadIntent {
  /// The layers on features that are an image or a vector.
  func layers(task: DataRecipe.Task, onImage: Bool) -> [LayerRecipe] {
    func layer(_ kind: String, _ config: JSONValue = [:]) -> LayerRecipe {
      LayerRecipe(path: "model.head", kind: kind, name: nil, inputs: nil, config: config)
    }
    var layers: [LayerRecipe] = []
    if onImage { layers.append(layer(pooling.layer.kind)) }
    let drop = dropout > 0 ? [layer("Dropout", ["rate": .number(dropout)])] : []
    for units in hidden {
      if normalizes {
        layers.append(layer("Dense", ["units": .integer(units), "use_bias": false]))
        layers += [layer("BatchNormalization"), layer("Activation", ["activation": .string(activation)])]
      } else {
        layers.append(layer("Dense", ["units": .integer(units), "activation": .string(activation)]))
      }
      layers += drop
    }
    if hidden.isEmpty { layers += drop }
    let outputs = outputs ?? task.standardOutputs
    return layers + [layer("Dense", ["units": "classes", "activation": .string(outputs.rawValue)])]
  }
}

extension DataRecipe.Task {
  /// What a head puts out where nobody says.
  var standardOutputs: HeadIntent.Outputs {
    switch self {
    case .classification: .softmax
    case .multiLabel: .sigmoid
    case .regression: .linear
    }
  }
}

extension HeadRecipe {
  init?(reading reader: inout RecipeReader, _ key: String) {
    guard reader.isObject(key), var inner = reader.object(key) else {
      guard let layers = reader.layers(key) else { return nil }
      self = .layers(layers)
      return
    }
    var intent = HeadIntent()
    intent.hidden = inner.ints("hidden", in: 1...1_000_000) ?? []
    let activation = inner.setting("activation") { value throws(ConfigError) -> String in
      do throws(ConfigError) {
        return try Activation(config: ["activation": value]).config["activation"]?.stringValue ?? "relu"
      } catch {
        throw ConfigError(error.message)
      }
    }
    if let activation { intent.activation = activation }
    intent.normalizes = inner.bool("batch_norm") ?? false
    intent.dropout = inner.double("dropout", in: 0...0.99) ?? 0
    intent.pooling = inner.choice("pooling", FeaturePooling.allCases.map { ($0.rawValue, $0) }) ?? .average
    intent.outputs = inner.choice("outputs", HeadIntent.Outputs.allCases.map { ($0.rawValue, $0) })
    inner.finish()
    self = .intent(intent)
  }

  var json: JSONValue {
    switch self {
    case .layers(let layers): return .array(layers.map(\.json))
    case .intent(let intent):
      var object: OrderedDictionary<String, JSONValue> = [:]
      if !intent.hidden.isEmpty {
        object["hidden"] = .array(intent.hidden.map { .integer($0) })
        object["activation"] = .string(intent.activation)
        object["batch_norm"] = .bool(intent.normalizes)
      }
      if intent.dropout > 0 { object["dropout"] = .number(intent.dropout) }
      object["pooling"] = .string(intent.pooling.rawValue)
      if let outputs = intent.outputs { object["outputs"] = .string(outputs.rawValue) }
      return .object(object)
    }
  }
}
