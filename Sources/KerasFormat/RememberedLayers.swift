internal import JSON
internal import Layers

/// What our own files say of layers beyond what Keras keeps: names that Keras does not allow, freeze groups, sections.
struct RememberedLayers {
  struct Layer: Hashable {
    /// The name in our models, where it differs from the one in the file.
    var name: String?
    var group: String?
    var section: ModelSection?
    /// Where Keras takes no `trainable`.
    var isFrozen: Bool?
  }

  /// By path in the file.
  private(set) var layers: OrderedDictionary<String, Layer> = [:]

  init() {}

  /// Reads the metadata's `layers`; what it does not understand counts as not there.
  init(metadata: JSONValue?) {
    for (path, entry) in metadata?["layers"]?.objectValue ?? [:] {
      layers[path] = Layer(
        name: entry["name"]?.stringValue, group: entry["group"]?.stringValue,
        section: entry["section"]?.stringValue.flatMap(ModelSection.init(rawValue:)),
        isFrozen: entry["frozen"]?.boolValue)
    }
  }

  subscript(path: String) -> Layer { layers[path] ?? Layer() }

  /// Keeps what is worth keeping.
  mutating func remember(_ path: String, _ layer: Layer) {
    if layer != Layer() { layers[path] = layer }
  }

  var json: JSONValue {
    .object(
      layers.mapValues { layer in
        var entry: OrderedDictionary<String, JSONValue> = [:]
        if let name = layer.name { entry["name"] = .string(name) }
        if let group = layer.group { entry["group"] = .string(group) }
        if let section = layer.section { entry["section"] = .string(section.rawValue) }
        if let isFrozen = layer.isFrozen { entry["frozen"] = .bool(isFrozen) }
        return .object(entry)
      })
  }
}
