public import Tensors

/// What went where when weights were loaded.
public struct WeightAssignment: Hashable, Sendable {
  /// One tensor of the file and the parameter that took its value.
  public struct Entry: Hashable, Sendable {
    /// Where the tensor stands in the file: `/model_weights/conv1/conv1/kernel:0`.
    public var source: String
    /// The path of the parameter: `conv1/kernel`.
    public var parameter: String
    public var shape: Shape
    /// How the numbers were stored, where not as 32-bit floats: `float16`.
    public var convertedFrom: String?
    /// What else was done to it on the way, if anything.
    public var transform: String?
  }

  /// What told which tensor belongs where.
  public enum Method: String, Hashable, Sendable {
    /// The names of layers.
    case byName = "by name"
    /// The order of layers, as Keras does it, because the names say nothing.
    case byOrder = "by order"
    /// The classes of layers and Keras' order among those of a class, because the file has no names of layers.
    case byKey = "by class and order"
  }

  public var method = Method.byName
  /// In the order of the model's parameters.
  public var entries: [Entry] = []
  /// Parameters that the file does not have, as was allowed: they keep their values.
  public var missing: [String] = []
  /// Tensors that the model does not have, as was allowed.
  public var unused: [String] = []
  /// What else is worth knowing.
  public var notes: [String] = []

  /// `81 tensors, 475,544 numbers, by name`, and what is missing or unused.
  public var summary: String {
    let count = entries.reduce(0) { $0 + $1.shape.elementCount }
    var text = "\(entries.count) tensors, \(count.grouped) numbers, \(method.rawValue)"
    let converted = Set(entries.compactMap(\.convertedFrom)).sorted().map { $0 == "float64" ? "float64 (rounded)" : $0 }
    if !converted.isEmpty { text += ", converted from \(converted.joined(separator: " and "))" }
    if !missing.isEmpty { text += "; \(missing.count) not in the file: \(Self.some(of: missing))" }
    if !unused.isEmpty { text += "; \(unused.count) not in the model: \(Self.some(of: unused))" }
    return text
  }

  private static func some(of names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
  }
}

extension WeightAssignment: CustomStringConvertible {
  /// The summary, the notes, and one line per tensor.
  public var description: String { ([summary] + notes + lines).joined(separator: "\n") }

  /// One line per tensor: where it stood, where it went, its shape, and how it was changed on the way.
  public var lines: [String] {
    entries.map { entry in
      "\(entry.source) → \(entry.parameter) \(entry.shape)" + (entry.convertedFrom.map { " (\($0))" } ?? "")
        + (entry.transform.map { " (\($0))" } ?? "")
    } + missing.map { "(not in the file) → \($0)" } + unused.map { "\($0) → (not in the model)" }
  }
}

extension Int {
  /// `1,234,567`
  var grouped: String {
    var text = ""
    for (index, digit) in String(magnitude).enumerated() {
      if index > 0, (String(magnitude).count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return self < 0 ? "-" + text : text
  }
}
