internal import JSON

extension Inspection {
  /// All of it for a person, in lines of at most 80 columns.
  public var text: String {
    var lines = [file]
    func fact(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      lines += Self.wrapped(value, first: "  " + Self.padded(name, 15))
    }
    fact("format", format)
    fact("written by", [kerasVersion.map { "Keras \($0)" }, date].compactMap(\.self).joined(separator: ", "))
    fact("backend", backend)
    if let model {
      let own = layers.filter { !$0.name.contains("/") }.count
      let nested = own == layers.count ? "" : ", \(layers.count - own) more inside them"
      fact("model", "\(model.name), \(model.kind), \(own) layers\(nested)")
    }
    fact("tensors", tensorSummary)
    if let optimizer {
      let steps = optimizer.iterations.map { ", \($0.grouped) steps, \(optimizer.variableCount) variables" }
      fact("optimizer", (optimizer.name ?? "of unknown name") + (steps ?? ", no state"))
      let rate = optimizer.settings["learning_rate"]
      fact("learning rate", rate.flatMap { $0["class_name"]?.stringValue ?? ($0.isNull ? nil : $0.text) })
      fact("loss", optimizer.loss.stringValue ?? optimizer.loss["class_name"]?.stringValue)
    }
    fact(
      "labels",
      metadata?["labels"]?.arrayValue.map { labels in
        let names = labels.compactMap(\.stringValue)
        return "\(names.count): " + names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
      })
    fact("preprocessing", metadata?["preprocessing"]?.stringValue)
    fact("input size", metadata?["input_size"]?.arrayValue.map { $0.map(\.text).joined(separator: "×") })
    fact("architecture", metadata?["architecture"]?.stringValue)
    fact("recipe", metadata?["more"]?["recipe"]?.stringValue)
    for note in notes { fact("note", note) }
    lines += [""] + table
    return lines.joined(separator: "\n") + "\n"
  }

  private var tensorSummary: String? {
    guard !tensors.isEmpty else { return nil }
    let numbers = tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let kinds = Dictionary(grouping: tensors, by: \.kind).map { "\($0.value.count) \($0.key)" }.sorted()
    return "\(tensors.count) with \(numbers.grouped) numbers: \(kinds.joined(separator: ", "))"
  }

  /// A line per layer, and below it one per tensor.
  private var table: [String] {
    var lines: [String] = []
    let byLayer = Dictionary(grouping: tensors.filter { $0.layer != nil }) { $0.layer ?? "" }
    var shown = Set<String>()
    for layer in layers {
      let frozen = layer.isTrainable == false ? "  frozen" : ""
      let indent = String(repeating: "  ", count: layer.name.filter { $0 == "/" }.count)
      let name = Self.shortened(indent + (layer.name.split(separator: "/").last.map(String.init) ?? layer.name), 48)
      lines.append(layer.kind == nil ? name : Self.padded(name, 50) + (layer.kind ?? "") + frozen)
      if shown.insert(layer.name).inserted { lines += (byLayer[layer.name] ?? []).map(Self.line) }
    }
    let rest = tensors.filter { $0.layer.map { !shown.contains($0) } ?? true }
    if !rest.isEmpty, !layers.isEmpty { lines.append("other tensors") }
    return lines + rest.map(Self.line)
  }

  private static func line(_ tensor: TensorEntry) -> String {
    let shape = "[" + tensor.shape.map(String.init).joined(separator: ", ") + "]"
    let layout = tensor.layout.map { $0 == "contiguous" ? "" : " " + $0 } ?? ""
    let line = "    " + padded(shortened(tensor.path, 42), 44) + padded(shape, 18) + tensor.kind + layout
    return shortened(line, 80, keepsEnd: false)
  }

  /// The end of a path tells more than its beginning.
  private static func shortened(_ text: String, _ width: Int, keepsEnd: Bool = true) -> String {
    guard text.count > width else { return text }
    return keepsEnd ? "…" + text.suffix(width - 1) : text.prefix(width - 1) + "…"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// Words in lines of 80 columns, all but the first indented as far as that one's words are.
  private static func wrapped(_ text: String, first: String) -> [String] {
    var lines: [String] = []
    var line = first
    let indent = String(repeating: " ", count: first.count)
    for word in text.split(separator: " ") {
      let isFresh = line == first || line == indent
      if !isFresh, line.count + 1 + word.count > 80 {
        lines.append(line)
        line = indent + word
      } else {
        line += (isFresh ? "" : " ") + word
      }
    }
    return lines + [line]
  }
}
