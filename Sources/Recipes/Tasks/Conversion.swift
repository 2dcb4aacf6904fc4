internal import KerasFormat
internal import Layers

/// Writes a model as another kind of Keras file.
public enum Conversion {
  /// - Returns: what was read, and what the written file spells differently.
  public static func convert(
    _ reference: ModelReference, to path: String, weightsOnly: Bool
  ) throws -> [String] {
    for ending in [".keras", ".weights.h5"] where path.hasSuffix(ending) {
      throw KerasError(
        .cannotWrite, file: path, "Keras expects another kind of file of names in \(ending), which is not written yet",
        remedy: "Choose a name that ends in .h5, such as model.h5")
    }
    let source = try reference.savedModel()
    let written =
      weightsOnly
      ? try KerasWriter.writeWeights(source.saved.model, to: path) : try KerasWriter.write(source.saved, to: path)
    return source.notes + written
  }
}
