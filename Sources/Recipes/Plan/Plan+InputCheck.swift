internal import Images
public import Kernels
internal import Layers
internal import Tensors
internal import Training

extension Plan {
  /// How many training pictures are looked at.
  private static let lookedAt = 8
  /// Pictures as the backbone knows them stay below this, whatever they show; see `InputCheck`.
  private static let suspicious = 1.0

  /// Looks at a few training pictures with the eyes of the backbone's first batch normalisation, and says so if another
  /// preprocessing fits clearly better than the plan's; nil where all is well or nothing can be told.
  public func preprocessingWarning(on device: Device) -> String? {
    let paths = training.paths
    let step = max(1, paths.count / Self.lookedAt)
    let some = stride(from: 0, to: paths.count, by: step).prefix(Self.lookedAt).map { paths[$0] }
    let batch = loader.load(Array(some), forEach: device.forEach)
    guard !batch.positions.isEmpty,
      let own = InputCheck(model, preprocessing(batch.images), on: device), own.distance > Self.suspicious
    else { return nil }
    let others = Preprocessing.all.filter { $0 != preprocessing && !($0.needsRGB && channels != 3) }
    let measured = others.compactMap { mode in
      InputCheck(model, mode(batch.images), on: device).map { (mode, $0.distance) }
    }
    guard let best = measured.min(by: { $0.1 < $1.1 }), best.1 < own.distance / 2 else { return nil }
    func figure(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    return
      "the pictures do not look to \(own.layer) as those did that the backbone learned from (distance \(figure(own.distance))); "
      + "with \"preprocessing\": \"\(best.0.name)\" they would (\(figure(best.1))), the plan has \"\(preprocessing.name)\""
  }
}
