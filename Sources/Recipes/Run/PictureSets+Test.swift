internal import Images
internal import Kernels
internal import Layers
internal import Training

extension PictureSets {
  /// Finds test pictures that cannot be read before hours of training are spent on a model that they are to measure.
  ///
  /// - Throws: `RunError` if there are more of them than the recipe allows, or nothing is left of the test part, or if it was
  ///   stopped.
  mutating func checkTestPictures(observer: any RunObserver, shouldStop: @escaping @Sendable () -> Bool) throws {
    guard let pictures = plan.test else { return }
    let part = try plan.readableTestPictures(pictures, on: device, observer: observer, shouldStop: shouldStop)
    testPart = part
    if !part.failures.isEmpty {
      skipped += part.failures
      observer.skipped(part.failures)
    }
  }

  /// Loss and metrics of the finished model on the test pictures; nil where there are none. Those that cannot be read any more
  /// are left out.
  mutating func test(_ model: Model, observer: any RunObserver) throws -> EvaluationResult? {
    guard let pictures = testPart?.kept ?? plan.test else { return nil }
    let samples = plan.samples(pictures, augmentation: [])
    // As `finetune evaluate` computes it, so that everybody can compute it again.
    let extracted = try FeatureExtraction(samples, through: model, values: model.outputs, on: device)(
      on: device,
      progress: {
        observer.featuresProgressed(done: $0.done, of: $0.total, imagesPerSecond: $0.imagesPerSecond)
      })
    let failures = extracted.failures.map(\.error)
    if !failures.isEmpty {
      skipped += failures
      observer.skipped(failures)
      // The model is finished by now: it must not be lost over pictures that only measure it.
      guard !extracted.kept.isEmpty else {
        observer.noted(
          "warning: not one of the \(failures.count) test pictures can be read any more, so the model is written untested; "
            + "mend them, then measure it with finetune evaluate")
        return nil
      }
    }
    return try evaluator(of: model).evaluate(model, on: extracted.features)
  }
}

extension Plan {
  /// The pictures of the test part that can be read, and why the others cannot.
  ///
  /// - Throws: `RunError` if none can be read, or fewer than the recipe asks for, or if it was stopped.
  func readableTestPictures(
    _ pictures: LabelledImages, on device: Device, observer: any RunObserver,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> (kept: LabelledImages, failures: [ImageError]) {
    let extraction = try FeatureExtraction(samples(pictures, augmentation: []), through: model, values: [], on: device)
    let pass: ExtractedFeatures
    do throws(TrainingError) {
      pass = try extraction(
        on: device,
        progress: {
          observer.featuresProgressed(done: $0.done, of: $0.total, imagesPerSecond: $0.imagesPerSecond)
        }, shouldStop: shouldStop)
    } catch {
      throw error.kind == .cancelled ? RunError.cancelled : error
    }
    let failures = pass.failures.map(\.error)
    if pass.kept.isEmpty { throw RunError.noneReadable(failures, set: "testing") }
    let (count, limit) = (training.count + (validation?.count ?? 0) + pictures.count, recipe.data.unreadableLimit)
    if Double(failures.count) > limit * Double(count) {
      throw RunError.tooManyUnreadable(failures, of: count, limit: limit)
    }
    return (failures.isEmpty ? pictures : pictures.gathering(pass.kept), failures)
  }
}
