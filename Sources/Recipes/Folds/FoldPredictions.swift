internal import Foundation
internal import Images
internal import Tensors

/// What the model of each fold makes of the pictures that it was not trained with, as a table: so every picture has a prediction
/// by a model that never saw it.
///
/// `file,fold,label,predicted,` and then each class with its probability; for numbers `file,fold,value,predicted`.
struct FoldPredictions {
  static let name = "predictions.csv"
  let lines: [String]

  /// - Parameter outputs: one after the other, in the order of the pictures.
  init(fold: Int, _ pictures: LabelledImages, outputs: [Tensor], labels: [String]) {
    let units = outputs.first?.shape.sample.elementCount ?? 0
    let numbers = outputs.flatMap(\.elements)
    let isOneNumber = labels.isEmpty
    var lines = [
      (["file", "fold", isOneNumber ? "value" : "label", "predicted"]
        + (isOneNumber ? [] : units == 1 ? [labels.last ?? ""] : labels)).map(Self.quoted).joined(separator: ",")
    ]
    for (index, name) in pictures.names.enumerated() {
      let row = numbers[index * units..<(index + 1) * units].map(\.self)
      let label: String
      let predicted: String
      switch pictures.labels {
      case .values(let values):
        label = "\(values[index])"
        predicted = "\(row[0])"
      case .classes(let classes):
        label = pictures.classNames[classes[index]]
        let best = units == 1 ? (row[0] > 0.5 ? 1 : 0) : row.indices.max { row[$0] < row[$1] } ?? 0
        predicted = best < labels.count ? labels[best] : ""
      case .sets(let sets):
        label = sets[index].map { pictures.classNames[$0] }.joined(separator: ";")
        predicted = row.indices.filter { row[$0] > 0.5 }.map { labels[$0] }.joined(separator: ";")
      }
      let fields = [name, "\(fold)", label, predicted] + (isOneNumber ? [] : row.map { "\($0)" })
      lines.append(fields.map(Self.quoted).joined(separator: ","))
    }
    self.lines = lines
  }

  var text: String { lines.map { $0 + "\n" }.joined() }

  /// The tables of the folds, one below the other with one heading.
  static func merged(_ paths: [String]) throws -> String {
    var lines: [Substring] = []
    for path in paths {
      let text: String
      do {
        text = try String(contentsOfFile: path, encoding: .utf8)
      } catch {
        throw RunError.cannotWrite(
          path: name, reason: "\(path) cannot be read: \((error as NSError).localizedDescription)")
      }
      let own = text.split(separator: "\n")
      lines += lines.isEmpty ? own[...] : own.dropFirst()
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Quoted as RFC 4180 asks, where a comma, a quote or a line break stands inside.
  private static func quoted(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
