public import KerasFormat
internal import Layers

/// Writes a model as another kind of Keras file.
public struct Conversion: Sendable {
  /// The kind of file; nil for what its name says.
  public var format: KerasFileFormat?
  /// Whether the weights alone are written, for a model that is built elsewhere.
  public var weightsOnly: Bool
  /// Whether the state of an optimizer is left out.
  public var dropsOptimizer: Bool

  public init(format: KerasFileFormat? = nil, weightsOnly: Bool = false, dropsOptimizer: Bool = false) {
    self.format = format
    self.weightsOnly = weightsOnly
    self.dropsOptimizer = dropsOptimizer
  }

  /// What was read and written.
  public struct Report: Sendable {
    /// What a user should know.
    public var notes: [String]
    /// Which tensor of the file that was read went where; nil where none was read.
    public var assignment: WeightAssignment?
  }

  public func convert(_ reference: ModelReference, to path: String) throws -> Report {
    let format = try target(path)
    var (saved, notes, assignment) = try reference.read(withTraining: !dropsOptimizer)
    if format == .legacyWeights || format == .weightsJSON, saved.training != nil {
      saved.training = nil
      notes.append("the state of the optimizer was left out: \(format.summary) has no place for it")
    }
    notes += try KerasWriter.write(saved, to: path, format: format)
    if format == .h5, saved.training != nil {
      notes.append("Keras 3 reads no state of an optimizer from legacy files, not even its own; tf.keras does")
    }
    if let expected = KerasFileFormat(nameOf: path), expected != format, !(expected == .h5 && format == .legacyWeights)
    {
      notes.append("\(path): Keras expects another kind of file of this name: \(expected.summary)")
    }
    return Report(notes: notes + ["\(path): \(format.summary)"], assignment: assignment)
  }

  /// The format that was asked for, or that the name says.
  private func target(_ path: String) throws(KerasError) -> KerasFileFormat {
    guard let named = format ?? KerasFileFormat(nameOf: path) else {
      let names = KerasFileFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw KerasError(
        .cannotWrite, file: path, "its name does not say what kind of file to write",
        remedy: "End it in .keras, .h5, .weights.h5 or .weights.json, or say --format (\(names)).")
    }
    guard weightsOnly else { return named }
    if named == .keras {
      throw KerasError(
        .cannotWrite, file: path, "an archive always holds the whole model",
        remedy: "For weights alone end the name in .weights.h5, or .h5 for the legacy form.")
    }
    return named == .h5 ? .legacyWeights : named
  }
}
