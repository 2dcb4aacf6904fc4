internal import Images
internal import JSON
internal import Layers
internal import Tensors

extension RecipeReader {
  /// A setting that a type of another module reads for itself.
  mutating func setting<Value>(_ key: String, _ read: (JSONValue) throws(ConfigError) -> Value) -> Value? {
    guard let value = optional(key) else { return nil }
    return problems.checked(place(key)) { () throws(ConfigError) in try read(value) }
  }

  /// Height and width.
  mutating func size(_ key: String) -> Size? {
    guard let value = optional(key) else { return nil }
    if let pair = value.arrayValue?.map(\.intValue), pair.count == 2, let height = pair[0], let width = pair[1],
      height > 0, width > 0
    {
      return Size(height, width)
    }
    report(key, "expected [height, width], found \(value.text)")
    return nil
  }

  /// Layers with their settings.
  mutating func layers(_ key: String) -> [LayerRecipe]? {
    guard let elements = list(key) else { return nil }
    return elements.compactMap { path, value in
      guard var settings = value.objectValue else {
        problems.report(path, "expected a layer such as {\"layer\": \"Dense\", \"units\": 10}, found \(value.kindName)")
        return nil
      }
      guard let kind = settings.removeValue(forKey: "layer")?.stringValue else {
        problems.report(path, "a layer needs its kind: \"layer\": \"Dense\"")
        return nil
      }
      if !LayerRegistry.kinds.contains(kind) {
        problems.report(
          path + ".layer",
          "there is no layer \"\(kind)\". \(Suggestion.sentence(for: kind, among: LayerRegistry.kinds))")
        return nil
      }
      let name = settings.removeValue(forKey: "name")
      if let name, name.stringValue == nil {
        problems.report(path + ".name", "expected a string, found \(name.kindName)")
      }
      var inputs: [String]?
      if let names = settings.removeValue(forKey: "inputs") {
        inputs = names.arrayValue?.compactMap(\.stringValue) ?? names.stringValue.map { [$0] }
        if inputs == nil {
          problems.report(path + ".inputs", "expected a list of layer names, found \(names.kindName)")
        }
      }
      let recipe = LayerRecipe(
        path: path, kind: kind, name: name?.stringValue, inputs: inputs, config: .object(settings))
      // How many classes there are is known later.
      let layer = problems.checked(path) { () throws(ConfigError) in
        try LayerRegistry.layer(kind: kind, config: recipe.config(outputCount: 1))
      }
      return layer == nil ? nil : recipe
    }
  }
}

/// A setting that cannot be read, at a key of its own.
protocol SettingError: Error {
  var key: String { get }
  var message: String { get }
}

extension ConfigError: SettingError {}

extension AugmentationError: SettingError {}

extension ProblemList {
  /// The result of reading something, or nil with the problem reported at its place.
  func checked<Value, Failure: SettingError>(_ path: String, _ read: () throws(Failure) -> Value) -> Value? {
    do throws(Failure) {
      return try read()
    } catch {
      report(error.key.isEmpty ? path : "\(path).\(error.key)", error.message)
      return nil
    }
  }
}
