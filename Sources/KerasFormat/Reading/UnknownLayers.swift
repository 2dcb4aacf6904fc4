internal import JSON
internal import Layers

/// All layers of a description whose classes this package does not know, in the order of the file.
struct UnknownLayers {
  private var names: OrderedDictionary<String, [String]> = [:]

  init(in config: JSONValue) { collect(config) }

  /// Throws one error that names them all.
  func refuse(_ file: String) throws(KerasError) {
    guard !names.isEmpty else { return }
    let list = names.map { kind, layers in
      let shown = layers.prefix(3).map { "\"\($0)\"" }.joined(separator: ", ")
      return "\(kind) (\(shown)\(layers.count > 3 ? ", … \(layers.count) in all" : ""))"
    }
    let code =
      names.keys.contains("Lambda")
      ? " Lambda layers hold Python code, which is never run here." : ""
    throw KerasError(
      .unsupported, file: file, "has layers that are not supported: \(list.joined(separator: ", "))",
      remedy: "Replace them in Keras by supported layers (\(LayerRegistry.kinds.joined(separator: ", "))) and save the "
        + "model again." + code)
  }

  private mutating func collect(_ value: JSONValue) {
    let settings = value["config"] ?? .null
    guard let kind = value["class_name"]?.stringValue else { return }
    if ModelConfigReader.isModel(kind) {
      for layer in settings["layers"]?.arrayValue ?? settings.arrayValue ?? [] { collect(layer) }
      return
    }
    let translated = LayerTranslation(kind: kind, config: settings, majorVersion: 3).kind
    guard kind != "InputLayer", !LayerRegistry.kinds.contains(translated) else { return }
    let name = value["name"]?.stringValue ?? settings["name"]?.stringValue ?? "?"
    names[kind, default: []].append(name)
  }
}
