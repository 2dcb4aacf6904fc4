public import Images
public import Training

/// Is told how a run goes on.
public protocol RunObserver: TrainingObserver {
  /// A phase begins, or a stage of one with more layers.
  func phaseBegins(_ phase: PlannedPhase, number: Int, of count: Int)
  /// Pictures went through the frozen part of the model.
  func featuresProgressed(done: Int, of count: Int, imagesPerSecond: Double)
  /// All pictures are read and, where layers are frozen, went through them: so many in so many seconds, so many bytes kept.
  /// The values of `stored` of them came from the cache.
  func featuresFinished(images: Int, stored: Int, seconds: Double, bytes: Int, throughFrozenLayers: Bool)
  /// Pictures that cannot be read are left out.
  func skipped(_ pictures: [ImageError])
  /// The training of a fold of a cross-validation begins, 1 for the first.
  func foldBegins(_ number: Int, of count: Int)
  /// A run goes on that has had so many epochs.
  func continues(after epochs: Int)
  /// Something that is worth a line: a run that goes on from a checkpoint, a checkpoint that could not be written.
  func noted(_ message: String)
}

extension RunObserver {
  public func phaseBegins(_ phase: PlannedPhase, number: Int, of count: Int) {}
  public func featuresProgressed(done: Int, of count: Int, imagesPerSecond: Double) {}
  public func featuresFinished(images: Int, stored: Int, seconds: Double, bytes: Int, throughFrozenLayers: Bool) {}
  public func skipped(_ pictures: [ImageError]) {}
  public func foldBegins(_ number: Int, of count: Int) {}
  public func continues(after epochs: Int) {}
  public func noted(_ message: String) {}
}

/// Hears and says nothing.
public struct SilentRunObserver: RunObserver {
  public init() {}
}
