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
    if !match.problems.isEmpty { sentences.append(Self.list(match.problems, "differences", limit: 4)) }
    if !unknown.isEmpty {
      sentences.append(
        Self.list(unknown.map { "\"\($0.name)\"" }, "layers of the file that the model has not", limit: 6))
    }
    if !lacking.isEmpty {
      sentences.append(
        Self.list(lacking.map { model.parameters[$0].path }, "parameters that the file has not", limit: 6))
    }
    return KerasError(
      .mismatch, file: file.path, sentences.joined(separator: "; "), remedy: remedy(stored.count, storedCount))
  }

  private func remedy(_ tensorCount: Int, _ numberCount: Int) -> String {
    var sentences: [String] = []
    let known = KnownWeights.names(tensorCount: tensorCount, numberCount: numberCount)
    if !known.isEmpty { sentences.append("By its counts the file belongs to \(known.joined(separator: " or ")).") }
    if match.problems.isEmpty, unknown.isEmpty {
      sentences.append("If the model has a top that the file has not, say which layers may be missing.")
    } else if match.problems.isEmpty, lacking.isEmpty {
      sentences.append("If the file has a top that the model has not, say which of its layers may stay unused.")
    } else if known.isEmpty {
      sentences.append("Name the architecture, with its alpha and input size, that the file was written for.")
    }
    return sentences.joined(separator: " ")
  }

  private static func list(_ items: [String], _ what: String, limit: Int) -> String {
    let shown = items.prefix(limit).joined(separator: ", ")
    return "\(what) (\(items.count)): \(shown)\(items.count > limit ? ", …" : "")"
  }
}
