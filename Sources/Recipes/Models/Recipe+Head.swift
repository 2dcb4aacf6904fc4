internal import JSON
internal import Layers
internal import Tensors

extension Recipe {
  /// A key for one of the recipe's uses of randomness.
  func key(_ purpose: String) -> RandomKey { RandomKey(seed: seed).folding(purpose) }

  /// A model with a head put on top of it.
  ///
  /// - Parameter replaced: the first layer that the head takes the place of; nil to put it after the model's output.
  func adding(
    _ head: [LayerRecipe], to model: Model, after replaced: String?, outputCount: Int
  ) throws(RecipeError) -> Model {
    let cut = try asking("model.replace_from") { () throws(SelectionError) in
      guard let replaced else { return model.outputs[0] }
      guard let instance = try model.layers(.matching(replaced)).min(),
        let node = model.nodes.first(where: { $0.instance == instance }), node.inputs.count == 1
      else { throw SelectionError("\"\(replaced)\" has more than one input; name a layer with one") }
      return node.inputs[0]
    }
    return try asking("model.head") { () throws(ModelError) in
      var (builder, inputs, output) = try ModelBuilder.continuing(model, at: cut)
      let outputs = try builder.add(head, on: output, outputCount: outputCount)
      return try builder.model(inputs: inputs, outputs: [outputs], initialization: .random(key("initialization")))
    }
  }

  /// A model of the recipe's own layers.
  func building(_ layers: [LayerRecipe], inputShape: [Int], outputCount: Int) throws(RecipeError) -> Model {
    let isSequential = layers.allSatisfy { $0.inputs == nil }
    return try asking("model.layers") { () throws(ModelError) in
      var builder = ModelBuilder(name: "model", kind: isSequential ? .sequential : .functional)
      builder.section = .head
      let input = builder.input(inputShape, name: isSequential ? nil : "input")
      let output = try builder.add(layers, on: input, outputCount: outputCount)
      return try builder.model(inputs: [input], outputs: [output], initialization: .random(key("initialization")))
    }
  }

  /// The result of a step that can fail, its error put at a place of this recipe.
  func asking<Value, Failure: Error & CustomStringConvertible>(
    _ place: String, _ step: () throws(Failure) -> Value
  ) throws(RecipeError) -> Value {
    do throws(Failure) {
      return try step()
    } catch {
      let kind = (error as? any ReportedError)?.category == .noInput ? RecipeError.Kind.noInput : .data
      if let error = error as? ConfigError, !error.key.isEmpty {
        let path = error.key == place ? place : place + "." + error.key
        throw RecipeError(file: file, path: path, error.message, kind: kind)
      }
      throw RecipeError(file: file, path: place, error.description, kind: kind)
    }
  }
}

extension ModelBuilder {
  /// Adds the layers of a recipe; gives the output of the last one.
  fileprivate mutating func add(
    _ layers: [LayerRecipe], on start: Value, outputCount: Int
  ) throws(ModelError) -> Value {
    var last = start
    var named: [String: Value] = ["input": start]
    for recipe in layers {
      var config = recipe.config
      if config["units"]?.stringValue == "classes", var settings = config.objectValue {
        settings["units"] = .integer(outputCount)
        config = .object(settings)
      }
      let layer: any Layer
      do throws(ConfigError) {
        layer = try LayerRegistry.layer(kind: recipe.kind, config: config)
      } catch {
        throw ModelError(layer: recipe.name ?? recipe.path, error.description)
      }
      var inputs = [last]
      if let names = recipe.inputs {
        inputs = []
        for name in names {
          guard let value = named[name] else {
            throw ModelError(
              layer: recipe.name ?? recipe.path,
              "there is no layer \"\(name)\" before it. \(Suggestion.sentence(for: name, among: named.keys.sorted()))")
          }
          inputs.append(value)
        }
      }
      last = self(layer, name: recipe.name, on: inputs)
      if let name = recipe.name { named[name] = last }
    }
    return last
  }
}
