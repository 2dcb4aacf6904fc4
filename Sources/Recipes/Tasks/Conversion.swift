internal import KerasFormat
internal import Layers

/// Writes a model as another kind of Keras file.
public enum Conversion {
  /// - Returns: what was read, and what the written file spells differently.
  public static func convert(
    _ reference: ModelReference, to path: String, weightsOnly: Bool
  ) throws -> [String] {
    let source = try reference.savedModel()
    let written =
      weightsOnly
      ? try KerasWriter.writeWeights(source.saved.model, to: path) : try KerasWriter.write(source.saved, to: path)
    return source.notes + written
  }
}
