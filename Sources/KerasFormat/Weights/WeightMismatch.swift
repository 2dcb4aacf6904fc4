internal import Layers
internal import Tensors

/// Says how a file's weights and a model differ.
struct WeightMismatch {
  let model: Model
  let file: KerasFile
  let match: WeightMatcher.Match
  /// Layers of the file that the model does not have and that were not ignored.
  let unknown: [StoredLayer]
  /// Parameters that the file does not have and that are needed.
  let lacking: [Int]

  var error: KerasError {
    let stored = file.layers.flatMap(\.tensors)
    let storedCount = stored.reduce(0) { $0 + $1.shape.elementCount }
    let ownCount = model.parameters.reduce(0) { $0 + $1.shape.elementCount }
    var sentences = ["the weights do not fit the model \"\(model.name)\""]
    sentences.append(
      "the file has \(stored.count) tensors with \(storedCount.grouped) numbers, the model \(model.parameters.count) "
        + "with \(ownCount.grouped)")
    if !match.problems.isEmpty { sentences.append(Self.list(match.problems, "differ", limit: 4)) }
    if !unknown.isEmpty {
      sentences.append(Self.list(unknown.map { "\"\($0.name)\"" }, "layers of the file are not in the model", limit: 6))
    }
    if !lacking.isEmpty {
      sentences.append(Self.list(lacking.map { model.parameters[$0].path }, "parameters are not in the file", limit: 6))
    }
    return KerasError(
      .mismatch, file: file.path, sentences.joined(separator: "; "), remedy: remedy(stored.count, storedCount))
  }

  private func remedy(_ tensorCount: Int, _ numberCount: Int) -> String {
    let known = KnownWeights.names(tensorCount: tensorCount, numberCount: numberCount)
    if !known.isEmpty { return "By its counts the file belongs to \(known.joined(separator: " or "))." }
    if match.problems.isEmpty, unknown.isEmpty {
      return "Was the file written without its top? Then say which layers may be missing."
    }
    if match.problems.isEmpty, lacking.isEmpty {
      return "Was the file written with its top? Then say which of its layers may stay unused."
    }
    return "Name the architecture, with its alpha and input size, that the file was written for."
  }

  private static func list(_ items: [String], _ what: String, limit: Int) -> String {
    let shown = items.prefix(limit).joined(separator: ", ")
    return "\(items.count) \(what): \(shown)\(items.count > limit ? ", …" : "")"
  }
}
