internal import Foundation
internal import Training

/// The folds of a cross-validation that are finished, in a file until all of them are, so that a run that was ended goes on with
/// the next one.
struct FoldRecord {
  private let path: String
  private(set) var folds: [FoldSummary.Fold] = []

  /// - Parameter output: the folder of the run.
  init(output: String) { path = output + "/checkpoints/folds.json" }

  /// Reads what an earlier run left; nothing if it left nothing that can be read.
  mutating func read() {
    guard let data = FileManager.default.contents(atPath: path),
      let folds = try? Self.decoder.decode([FoldSummary.Fold].self, from: data)
    else { return }
    self.folds = folds
  }

  /// Adds a fold whose results are all written.
  mutating func add(_ fold: FoldSummary.Fold) throws {
    folds.append(fold)
    do {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Self.encoder.encode(folds).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw RunError.cannotWrite(path: path, reason: (error as NSError).localizedDescription)
    }
  }

  /// The run has its results.
  func remove() {
    try? FileManager.default.removeItem(atPath: path)
    // A folder with anything else in it stays.
    unsafe _ = rmdir((path as NSString).deletingLastPathComponent)
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}
