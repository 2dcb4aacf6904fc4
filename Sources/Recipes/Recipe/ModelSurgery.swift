internal import JSON
public import Layers

/// What is changed about a pretrained model before it is trained.
public struct ModelSurgery: Sendable {
  /// The first layer or nested model that the head replaces.
  public var replaceFrom: String?
  /// The layer or nested model that the model ends with; the head stands on it.
  public var cutAfter: String?
  /// Layers whose pooled outputs, side by side, are the features.
  public var taps: [String]?
  public var tapPooling = FeaturePooling.average
  /// Layers that are put in between.
  public var insertions: [InsertionRecipe] = []
  /// What becomes of the model's own classes.
  public var classes: ClassesRecipe?
  /// How the first convolution takes pictures of other channels.
  public var channelAdaptation: ChannelAdaptation?

  /// Whether the model's end is changed.
  var movesHead: Bool { replaceFrom != nil || cutAfter != nil || taps != nil }
}

/// Layers to put into a model.
public struct InsertionRecipe: Sendable {
  /// Where it stands in the recipe, for messages.
  public var path: String
  public var place: Insertion
  public var layers: [LayerRecipe]
}

/// What is carried over of the classes that a model tells apart.
public struct ClassesRecipe: Hashable, Sendable {
  /// Whether what the model knows of classes of the same name is kept.
  public var keeps: Bool
  /// For classes of the data that the model knows by another name: that name.
  public var knownAs: [String: String]
}

extension ModelSurgery {
  init(reading reader: inout RecipeReader) {
    replaceFrom = reader.string("replace_from")
    cutAfter = reader.string("cut_after")
    taps = reader.strings("taps")
    tapPooling = reader.choice("tap_pooling", FeaturePooling.allCases.map { ($0.rawValue, $0) }) ?? .average
    channelAdaptation = reader.choice("channel_method", ChannelAdaptation.allCases.map { ($0.rawValue, $0) })
    insertions = (reader.list("insert") ?? []).compactMap { path, value in
      InsertionRecipe(reading: RecipeReader(value, path: path, problems: reader.problems))
    }
    if var inner = reader.object("classes") {
      let keeps = inner.bool("keep") ?? false
      classes = ClassesRecipe(keeps: keeps, knownAs: inner.texts("known_as") ?? [:])
      if !keeps, inner.has("known_as") {
        inner.report("known_as", "goes with \"keep\": true")
      }
      inner.finish()
    }
    if taps?.isEmpty == true { reader.report("taps", "names no layer") }
    if taps == nil, reader.has("tap_pooling") { reader.report("tap_pooling", "goes with \"taps\"") }
    let ends = [("replace_from", replaceFrom != nil), ("cut_after", cutAfter != nil), ("taps", taps != nil)]
    let given = ends.filter(\.1).map { "\"\($0.0)\"" }
    if given.count > 1 {
      reader.problems.report(reader.path, "expected one place for the head, found \(given.joined(separator: " and "))")
    }
    if classes?.keeps == true, let first = given.first ?? (reader.has("head") ? "\"head\"" : nil) {
      reader.report("classes", "\"keep\" keeps the model's own head, so it does not go with \(first)")
    }
  }

  /// The settings, as they are read.
  var json: OrderedDictionary<String, JSONValue> {
    var object: OrderedDictionary<String, JSONValue> = [:]
    if let replaceFrom { object["replace_from"] = .string(replaceFrom) }
    if let cutAfter { object["cut_after"] = .string(cutAfter) }
    if let taps {
      object["taps"] = .array(taps.map { .string($0) })
      object["tap_pooling"] = .string(tapPooling.rawValue)
    }
    if !insertions.isEmpty { object["insert"] = .array(insertions.map(\.json)) }
    if let classes, classes.keeps {
      var settings: OrderedDictionary<String, JSONValue> = ["keep": true]
      if !classes.knownAs.isEmpty {
        settings["known_as"] = .object(
          OrderedDictionary(uniqueKeysWithValues: classes.knownAs.sorted { $0.key < $1.key }.map { ($0, .string($1)) }))
      }
      object["classes"] = .object(settings)
    }
    if let channelAdaptation { object["channel_method"] = .string(channelAdaptation.rawValue) }
    return object
  }
}

extension InsertionRecipe {
  init?(reading reader: RecipeReader) {
    var reader = reader
    path = reader.path
    let before = reader.string("before")
    let after = reader.string("after")
    let layers = reader.layers("layers")
    reader.finish()
    switch (before, after) {
    case (let before?, nil): place = .before(before)
    case (nil, let after?): place = .after(after)
    default:
      reader.problems.report(path, "expected either \"before\" or \"after\" a layer")
      return nil
    }
    guard let layers, !layers.isEmpty else {
      if !reader.has("layers") || layers?.isEmpty == true { reader.report("layers", "names no layer to put in") }
      return nil
    }
    for layer in layers where layer.inputs != nil {
      reader.problems.report(layer.path + ".inputs", "layers that are put in stand one behind the other")
    }
    self.layers = layers
  }

  var json: JSONValue {
    var object: OrderedDictionary<String, JSONValue> = [:]
    switch place {
    case .first: break
    case .before(let layer): object["before"] = .string(layer)
    case .after(let layer): object["after"] = .string(layer)
    }
    object["layers"] = .array(layers.map(\.json))
    return .object(object)
  }
}
