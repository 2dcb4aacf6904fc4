internal import JSON

/// Reads the shape of one sample of an input, in the spellings of Keras 1 to 3.
enum InputShape {
  /// The shape that an input layer, or the first layer of a sequential model, states; nil where it states none.
  static func of(_ settings: JSONValue, _ layer: String, _ file: String) throws(KerasError) -> [Int?]? {
    for key in ["batch_shape", "batch_input_shape", "build_input_shape"] {
      if let list = settings[key]?.arrayValue, !list.isEmpty {
        return try extents(list.dropFirst(), settings[key], layer, file)
      }
    }
    for key in ["shape", "input_shape"] {
      if let list = settings[key]?.arrayValue { return try extents(list[...], settings[key], layer, file) }
    }
    if let count = settings["input_dim"] { return try extents([count], count, layer, file) }
    return nil
  }

  /// The input shape of a sequential model that begins without an input layer.
  static func ofFirstLayer(_ first: JSONValue, in model: JSONValue, _ file: String) throws(KerasError) -> [Int?]? {
    let settings = first["config"] ?? .null
    let name = settings["name"]?.stringValue ?? "first layer"
    if let shape = try of(settings, name, file) { return shape }
    if let inner = settings["layers"]?.arrayValue?.first ?? settings.arrayValue?.first,
      let shape = try ofFirstLayer(inner, in: settings, file)
    {
      return shape
    }
    return try of(model, name, file)
  }

  private static func extents(
    _ list: ArraySlice<JSONValue>, _ found: JSONValue?, _ layer: String, _ file: String
  ) throws(KerasError) -> [Int?] {
    var extents: [Int?] = []
    for value in list {
      guard value.isNull || value.intValue.map({ $0 > 0 }) ?? false else {
        throw KerasError(
          .damaged, file: file, place: "layer \"\(layer)\"", "its input shape \(found?.text ?? "") is not understood")
      }
      extents.append(value.intValue)
    }
    guard Plausibility.accepts(extents.compactMap(\.self)) else {
      throw KerasError(
        .damaged, file: file, place: "layer \"\(layer)\"", "its input shape \(found?.text ?? "") is too large")
    }
    return extents
  }
}
