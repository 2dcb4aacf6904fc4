import Foundation
import Images
import Kernels
import Layers
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

@Suite("Samples that are drawn more than once in an epoch")
struct RepeatedDrawTests {
  @Test("Each draw has a number of its own, from which its sample follows")
  func numbers() {
    #expect([0, 1, 1, 0, 1].tellingDrawsApart(count: 2) == [0, 1, 3, 2, 5])
    let order = RandomKey(seed: 1).permutation(50)
    #expect(order.tellingDrawsApart(count: 50) == order)
    let targets = Targets(.classes([4, 5], count: 6), weights: [0.5, 2])
    #expect(targets[[0, 3, 2]] == Targets(.classes([4, 5, 4], count: 6), weights: [0.5, 2, 0.5]))
  }

  @Test("Each draw of a picture is changed in its own way, and the first as it always was")
  func augmentation() throws {
    let images = try Self.images(12)
    func samples(_ augmentations: [any Augmentation], views: Int? = nil) -> ImageSamples {
      ImageSamples(
        images, loader: ImageLoader(size: Size(6, 6)), augmentations: augmentations, preprocessing: .unit, seed: 3,
        views: views)
    }
    let plain = samples([])
    let flipped = samples([RandomFlip(mode: .horizontal)])
    #expect(!plain.tellsDrawsApart && flipped.tellsDrawsApart)
    var turned = [0, 0, 0]
    for picture in 0..<12 {
      for draw in 0..<3 {
        let sample = try flipped.sample(picture + 12 * draw, epoch: 4)
        // A mirrored picture has its own rows backwards; no other picture has them.
        let original = try plain.sample(picture, epoch: 4)
        if sample != original {
          turned[draw] += 1
          #expect(sample == Self.mirrored(original))
        }
      }
    }
    // With probability ½ each: none or all of twelve is what one seed in two thousand gives.
    #expect(turned.allSatisfy { (1...11).contains($0) }, "\(turned)")
    let differing = try (0..<12).filter {
      try flipped.sample($0, epoch: 4) != flipped.sample($0 + 12, epoch: 4)
    }
    #expect((1...11).contains(differing.count))

    // Fixed views: the next draw has the next view.
    let views = samples([RandomFlip(mode: .horizontal)], views: 5)
    for picture in 0..<12 {
      #expect(try views.sample(picture + 12 * 3, epoch: 4) == views.sample(picture, epoch: 7))
    }
  }

  @Test("Kept features of several views give a sample's next view for its next draw")
  func keptViews() throws {
    let model = try Blobs.classifier(seed: 1)
    let value = model.inputs[0].value
    // Three views of two samples, numbered by view and sample.
    let rows = Tensor([6, 2], [0, 0, 0, 1, 1, 0, 1, 1, 2, 0, 2, 1])
    let kept = CachedFeatures(
      values: [value: rows], targets: .classes([0, 1], count: 3), inputShapes: [[2]], views: 3)
    #expect(kept.tellsDrawsApart)
    let batch = kept.batch([1, 3, 0, 5, 2], epoch: 1, on: Device(threads: 1))
    #expect(batch[value]?.elements == [1, 1, 2, 1, 1, 0, 0, 1, 2, 0])
    let single = CachedFeatures(
      values: [value: rows], targets: .classes([0, 0, 0, 1, 1, 1], count: 3), inputShapes: [[2]])
    #expect(!single.tellsDrawsApart)
  }

  @Test("Only a source that tells draws apart is asked for numbers beyond its samples", arguments: [true, false])
  func trainer(tellsApart: Bool) throws {
    let blobs = Blobs(count: 40, seed: 2)
    let rare = Targets(blobs.targets.kind, weights: (0..<40).map { $0 == 7 ? 30 : 1 })
    let source = Listening(blobs, targets: rare, tellsDrawsApart: tellsApart)
    var settings = PhaseSettings(
      name: "head", epochs: 1, batchSize: 8, loss: CategoricalCrossentropy(), metrics: [], optimizer: SGD(), seed: 3)
    settings.sampling = .weighted
    var model = try Blobs.classifier(seed: 1)
    var state = TrainingState()
    _ = try Trainer(settings, on: Device(threads: 1)).train(&model, on: source, state: &state)
    let asked = source.asked
    #expect(asked.count == 40 && asked.filter { $0 % 40 == 7 }.count > 8)
    #expect(asked.contains { $0 >= 40 } == tellsApart)
    #expect((Set(asked).count == 40) == tellsApart)
  }

  /// Noise, so that no picture is its own mirror image.
  private static func images(_ count: Int) throws -> LabelledImages {
    let folder = TemporaryFolder.path("draws")
    for number in 0..<count {
      let name = number % 2 == 0 ? "even" : "odd"
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      let pixels = RandomKey(seed: 8).folding(UInt64(number)).uniform(6 * 6 * 3).map { UInt8($0 * 255) }
      try ImageEncoder.writePNG(
        PixelImage(width: 6, height: 6, mode: .rgb, pixels: pixels), to: "\(folder)/\(name)/\(number).png")
    }
    return try LabelledImages(folder: folder)
  }

  /// `[height, width, channels]` with each row backwards.
  private static func mirrored(_ picture: Tensor) -> Tensor {
    let (height, width, channels) = (picture.shape[0], picture.shape[1], picture.shape[2])
    let elements = picture.elements
    let turned = (0..<height).flatMap { y in
      (0..<width).reversed().flatMap { x in (0..<channels).map { elements[(y * width + x) * channels + $0] } }
    }
    return Tensor(picture.shape, turned)
  }
}

/// Writes down which samples it is asked for.
private final class Listening: BatchSource {
  private let blobs: Blobs
  let targets: Targets
  let tellsDrawsApart: Bool
  private let list = Mutex<[Int]>([])

  init(_ blobs: Blobs, targets: Targets, tellsDrawsApart: Bool) {
    self.blobs = blobs
    self.targets = targets
    self.tellsDrawsApart = tellsDrawsApart
  }

  var count: Int { blobs.count }
  var inputShapes: [Shape] { blobs.inputShapes }
  var asked: [Int] { list.withLock { $0 } }

  func batch(_ indices: [Int], epoch: Int, on device: Device) -> [ValueID: Tensor] {
    list.withLock { $0 += indices }
    return blobs.batch(indices.map { $0 % count }, epoch: epoch, on: device)
  }
}
