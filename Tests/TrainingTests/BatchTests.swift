import Foundation
import Images
import Kernels
import Layers
import Tensors
import Testing
import Training

@Suite("Batches and features")
struct BatchTests {
  @Test("One pass computes all boundaries, the same bits with one thread and two, and leaves unreadable pictures out")
  func extraction() throws {
    let samples = Pictures(Stripes(count: 150, seed: 1), unreadable: [3, 149])
    let model = try Stripes.classifier(seed: 1)
    let boundary = try [model.output(of: "activation"), model.output(of: "global_average_pooling2d")]
    var reported: [Int] = []
    func extracted(threads: Int) throws -> ExtractedFeatures {
      let device = Device(threads: threads)
      return try FeatureExtraction(samples, through: model, values: boundary, on: device)(on: device) {
        reported.append($0.done)
      }
    }
    let one = try extracted(threads: 1)
    // Where the first chunk took little time the next one is larger.
    #expect(reported == [64, 150] || reported == [64, 128, 150])
    let two = try extracted(threads: 2)
    #expect(one.features.values == two.features.values)
    #expect(one.failures.map(\.index) == [3, 149])
    #expect(one.kept == (0..<150).filter { $0 != 3 && $0 != 149 })
    #expect(one.features.count == 148 && one.features.targets == samples.targets[one.kept])

    // The plain reference, all pictures at once.
    let device = Device(threads: 1)
    let plain = model.values(
      boundary, from: [model.inputs[0].value: samples.stripes.pictures.gathering(samples: one.kept)], on: device)
    for (value, expected) in zip(boundary, plain) {
      let found = try #require(one.features.values[value])
      #expect(found.shape == expected.shape)
      let largest = expected.elements.map(abs).max() ?? 0
      #expect(zip(found.elements, expected.elements).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
    }
  }

  @Test("A pass for no values finds out which pictures can be read; the input may be one of the values")
  func checking() throws {
    let device = Device(threads: 2)
    let samples = Pictures(Stripes(count: 10, seed: 1), unreadable: [0])
    let model = try Stripes.classifier(seed: 1)
    let checked = try FeatureExtraction(samples, through: model, values: [], on: device)(on: device)
    #expect(checked.failures.count == 1 && checked.features.values.isEmpty && checked.features.count == 9)
    let input = model.inputs[0].value
    let pixels = try FeatureExtraction(samples, through: model, values: [input], on: device)(on: device)
    #expect(pixels.features.values[input] == samples.stripes.pictures.gathering(samples: Array(1..<10)))
  }

  @Test("Asked to stop, a pass throws")
  func cancellation() throws {
    let device = Device(threads: 1)
    let model = try Stripes.classifier(seed: 1)
    let extraction = try FeatureExtraction(
      Pictures(Stripes(count: 10, seed: 1)), through: model, values: [], on: device)
    #expect { try extraction(on: device, shouldStop: { true }) } throws: { ($0 as? TrainingError)?.kind == .cancelled }
  }

  @Test("Training a head on cached features is training it behind the frozen backbone")
  func cachedHead() throws {
    let device = Device(threads: 1)
    let stripes = Stripes(count: 64, seed: 1)
    var model = try Stripes.classifier(seed: 1)
    // A frozen dropout would let everything through, and the boundary would stand behind it.
    try model.train(only: [.matching("dropout"), .matching("dense")])
    let boundary = model.boundary(ofFixed: model.fixedValues)
    #expect(boundary == [try model.output(of: "global_average_pooling2d")])
    var cachedModel = model
    let settings = PhaseSettings(
      name: "head", epochs: 3, loss: CategoricalCrossentropy(), metrics: [CategoricalAccuracy()], optimizer: Adam(),
      seed: 1)
    let extracted = try FeatureExtraction(Pictures(stripes), through: model, values: boundary, on: device)(on: device)
    var state = TrainingState()
    let cached = try Trainer(settings, on: device).train(
      &cachedModel, on: extracted.features.restricted(to: boundary), state: &state)
    state = TrainingState()
    let whole = try Trainer(settings, on: device).train(&model, on: stripes, state: &state)
    // Compiled features differ from plain ones in the last bits.
    for (left, right) in zip(cached.records, whole.records) { expectClose(left.loss, right.loss, within: 1e-4) }

    // Behind a compiled prefix in every batch it is the same bits as behind the cache.
    var streamed = try Stripes.classifier(seed: 1)
    try streamed.train(only: [.matching("dropout"), .matching("dense")])
    let batches = try ImageBatches(Pictures(stripes), for: streamed, boundary: boundary, on: device)
    state = TrainingState()
    _ = try Trainer(settings, on: device).train(&streamed, on: batches, state: &state)
    #expect(streamed.parameters.map(\.value) == cachedModel.parameters.map(\.value))
  }

  @Test("Pictures come from their files scaled, preprocessed, and mirrored anew in every epoch")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, value) in [("a", UInt8(0)), ("b", 255)] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
      for index in 0..<4 {
        // The left half is dark, the right half has the class' value.
        let pixels = (0..<64).map { $0 % 8 < 4 ? UInt8(10 * index) : value }
        try ImageEncoder.writePNG(
          PixelImage(width: 8, height: 8, mode: .grayscale, pixels: pixels),
          to: folder.appendingPathComponent("\(name)/\(index).png").path)
      }
    }
    let images = try LabelledImages(folder: folder.path)
    let loader = ImageLoader(size: Size(4, 4), mode: .grayscale)
    let plain = ImageSamples(images, loader: loader, preprocessing: .unit)
    #expect(plain.count == 8 && plain.shape == [4, 4, 1])
    #expect(plain.targets == .classes([0, 0, 0, 0, 1, 1, 1, 1], count: 2))
    let left = Float(10) / 255
    #expect(try plain.sample(5, epoch: 0).elements.prefix(4) == [left, left, 1, 1])

    let flip = RandomFlip(mode: .horizontal)
    let flipped = ImageSamples(images, loader: loader, augmentations: [flip], preprocessing: .unit, seed: 1)
    let forms = try (0..<16).map { try flipped.sample(5, epoch: $0).elements.prefix(4) }
    #expect(Set(forms) == [[left, left, 1, 1], [1, 1, left, left]])
    #expect(try flipped.sample(5, epoch: 7).elements.prefix(4) == forms[7])
  }

  @Test("A picture that vanished since it was first read ends training with its name")
  func vanished() throws {
    let device = Device(threads: 2)
    let model = try Stripes.classifier(seed: 1)
    let batches = try ImageBatches(Pictures(Stripes(count: 10, seed: 1), unreadable: [4]), for: model)
    #expect(throws: Never.self) { try batches.batch([0, 1, 2], epoch: 0, on: device) }
    #expect { try batches.batch([3, 4], epoch: 0, on: device) } throws: { "\($0)".contains("4.png") }
  }

  @Test("Pictures of another shape than the model takes are refused")
  func wrongShape() throws {
    let model = try Model(sequential: "other", inputShape: [8, 8, 3], seed: 1) { Flatten() }
    #expect { try ImageBatches(Pictures(Stripes(count: 2, seed: 1)), for: model) } throws: {
      "\($0)".contains("[8, 8, 3]")
    }
  }
}

/// Stripes as if they came from files, of which some cannot be read.
private struct Pictures: SampleSource {
  let stripes: Stripes
  var unreadable: Set<Int> = []

  init(_ stripes: Stripes, unreadable: Set<Int> = []) {
    self.stripes = stripes
    self.unreadable = unreadable
  }

  var count: Int { stripes.count }
  var targets: Targets { stripes.targets }
  var shape: Shape { [8, 8, 1] }

  func sample(_ index: Int, epoch: Int) throws(ImageError) -> Tensor {
    if unreadable.contains(index) { throw ImageError(.truncated, path: "\(index).png", "cut short") }
    return stripes.pictures[samples: index..<index + 1].reshaped(to: shape)
  }
}
