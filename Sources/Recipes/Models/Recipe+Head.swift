internal import JSON
internal import Kernels
internal import Layers
internal import Tensors

extension Recipe {
  /// A key for one of the recipe's uses of randomness.
  func key(_ purpose: String) -> RandomKey { RandomKey(seed: seed).folding(purpose) }

  /// A model with a head put where the recipe says.
  func adding(_ head: HeadRecipe, to model: Model, outputCount: Int) throws(RecipeError) -> Model {
    var (builder, inputs, features) = try features(of: model)
    return try asking("model.head") { () throws(ModelError) in
      let layers: [LayerRecipe]
      switch head {
      case .layers(let given): layers = given
      case .intent(let intent):
        // What the features are shows when they are built.
        let bare = try builder.model(inputs: inputs, outputs: [features], initialization: .none)
        let rank = try bare.nominalShapes()[bare.outputs[0].index].rank
        layers = intent.layers(task: data.task, onImage: rank > 1)
      }
      let output = try builder.add(layers, on: features, outputCount: outputCount)
      return try builder.model(inputs: inputs, outputs: [output], initialization: .random(key("initialization")))
    }
  }

  /// The part of a model that stays, and the value that a head is put on.
  private func features(
    of model: Model
  ) throws(RecipeError) -> (builder: ModelBuilder, inputs: [ModelBuilder.Value], output: ModelBuilder.Value) {
    let surgery = self.model.surgery
    if let taps = surgery.taps {
      return try asking("model.taps") { () throws(ModelError) in
        try ModelBuilder.tapping(model, at: taps, pooling: surgery.tapPooling)
      }
    }
    let value: ValueID
    if let first = surgery.replaceFrom {
      value = try asking("model.replace_from") { () throws(SelectionError) in
        guard first.contains(where: { "*?".contains($0) }), let index = try model.layers(.matching(first)).min() else {
          return try model.input(of: first)
        }
        return try model.input(of: model.instances[index].path)
      }
    } else if let last = surgery.cutAfter {
      value = try asking("model.cut_after") { () throws(SelectionError) in try model.output(of: last) }
    } else {
      value = model.outputs[0]
    }
    return try asking("model.head") { () throws(ModelError) in try ModelBuilder.continuing(model, at: value) }
  }

  /// Puts layers into a model.
  func insert(_ insertion: InsertionRecipe, into loaded: inout LoadedModel) throws(RecipeError) {
    var layers: [(name: String?, layer: any Layer)] = []
    for recipe in insertion.layers {
      layers.append(
        (
          recipe.name,
          try asking(recipe.path) { () throws(ConfigError) in
            try LayerRegistry.layer(kind: recipe.kind, config: recipe.config)
          }
        ))
    }
    let (model, initialized) = try asking(insertion.path) { () throws(ModelError) in
      try loaded.model.inserting(
        layers, at: insertion.place, initialization: .random(key("insertion").folding(insertion.path)))
    }
    loaded.model = model
    if !initialized.isEmpty {
      loaded.notes.append(
        "\(insertion.path): the input of \(initialized.map { "\"\($0)\"" }.joined(separator: ", ")) changed; initialised anew"
      )
    }
  }

  /// Gives a model the classes of the data, keeping what it knows of them.
  func changeClasses(of loaded: inout LoadedModel, to classNames: [String]) throws(RecipeError) -> ClassChange {
    let model = loaded.model
    guard let labels = loaded.labels else {
      throw RecipeError(
        file: file, path: "model.classes",
        "nothing says what the model's classes are called. Name a text file with one class a line: \"labels\": \"FILE\""
      )
    }
    guard !classNames.isEmpty else {
      throw RecipeError(file: file, path: "model.classes", "the data have no classes to keep")
    }
    let knownAs = self.model.surgery.classes?.knownAs ?? [:]
    let (changed, change) = try asking("model.classes") { () throws(ModelError) in
      try model.changingClasses(
        from: labels, to: classNames, knownAs: knownAs, initialization: .random(key("initialization")))
    }
    guard !change.kept.isEmpty else {
      throw RecipeError(
        file: file, path: "model.classes",
        "none of the classes \(Plan.list(classNames)) is one of the model's: \(Plan.list(labels)). Say which is which with "
          + "\"known_as\": {\"MINE\": \"THE MODEL'S\"}, or give the model a new \"head\"")
    }
    loaded.model = changed
    loaded.labels = classNames
    for (names, words) in [(change.kept, "kept"), (change.new, "new"), (change.dropped, "dropped")] where !names.isEmpty
    {
      loaded.notes.append("classes \(words): \(names.count) (\(Plan.list(names)))")
    }
    return change
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
      let layer: any Layer
      do throws(ConfigError) {
        layer = try LayerRegistry.layer(kind: recipe.kind, config: recipe.config(outputCount: outputCount))
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

extension LayerRecipe {
  /// The settings, with a number in the place of `"classes"`.
  func config(outputCount: Int) -> JSONValue {
    guard config["units"]?.stringValue == "classes", var settings = config.objectValue else { return config }
    settings["units"] = .integer(outputCount)
    return .object(settings)
  }
}
