import Foundation
import Images
import Kernels
import Layers
import Synchronization
import Tensors
import Testing
import Training

@Suite("Reading ahead")
struct PendingBatchTests {
  /// Stripes that are read slowly, of which some cannot be read; counts how often one is.
  private struct SlowStripes: SampleSource {
    let stripes: Stripes
    var unreadable: Set<Int> = []
    let reads = Position()

    var count: Int { stripes.count }
    var targets: Targets { stripes.targets }
    var shape: Shape { [8, 8, 1] }

    func sample(_ index: Int, epoch: Int) throws(ImageError) -> Tensor {
      _ = reads.advance()
      Thread.sleep(forTimeInterval: 0.0005)
      if unreadable.contains(index) { throw ImageError(.truncated, path: "\(index).png", "cut short") }
      return stripes.pictures[samples: index..<index + 1].reshaped(to: shape)
    }
  }

  @Test("What was begun is what a batch would have been", arguments: [0.0, 0.004, 0.1])
  func sameValues(_ pause: Double) throws {
    let device = Device(threads: 2)
    let model = try Stripes.classifier(seed: 1)
    let boundary = try [model.output(of: "global_average_pooling2d")]
    let samples = SlowStripes(stripes: Stripes(count: 30, seed: 1))
    let batches = try ImageBatches(samples, for: model, boundary: boundary, on: device)
    let indices = [7, 3, 29, 0, 11, 12, 13, 14, 15]
    let pending = try #require(batches.begin(indices, epoch: 2, on: device))
    // Asked at once, in the midst of it, and when all has long been read.
    Thread.sleep(forTimeInterval: pause)
    let found = try pending.values(on: device)
    #expect(samples.reads.advance() == indices.count)
    #expect(try found == batches.batch(indices, epoch: 2, on: device))
  }

  @Test("A picture that cannot be read is the error that the batch would have thrown: the first of the batch")
  func errors() throws {
    let device = Device(threads: 2)
    let model = try Stripes.classifier(seed: 1)
    let samples = SlowStripes(stripes: Stripes(count: 30, seed: 1), unreadable: [4, 9])
    let batches = try ImageBatches(samples, for: model)
    let pending = try #require(batches.begin(Array(1..<20).reversed(), epoch: 0, on: device))
    #expect { try pending.values(on: device) } throws: {
      ($0 as? TrainingError)?.kind == .unreadableImage && "\($0)".contains("9.png")
    }
  }

  @Test("What is given up is not read to its end, and nothing is read afterwards")
  func givenUp() throws {
    let device = Device(threads: 2)
    let samples = SlowStripes(stripes: Stripes(count: 400, seed: 1))
    let batches = try ImageBatches(samples, for: Stripes.classifier(seed: 1))
    do {
      let pending = batches.begin(Array(0..<400), epoch: 0, on: device)
      Thread.sleep(forTimeInterval: 0.003)
      _ = pending
    }
    let read = samples.reads.advance()
    #expect(read < 400)
    Thread.sleep(forTimeInterval: 0.01)
    #expect(samples.reads.advance() == read + 1)
  }

  @Test("With one thread nothing is read ahead")
  func oneThread() throws {
    let batches = try ImageBatches(SlowStripes(stripes: Stripes(count: 4, seed: 1)), for: Stripes.classifier(seed: 1))
    #expect(batches.begin([0], epoch: 0, on: Device(threads: 1)) == nil)
  }

  @Test("Training that reads ahead gives the bits of training from memory, with its evaluation")
  func training() throws {
    let settings = PhaseSettings(
      name: "all", epochs: 3, batchSize: 16, loss: CategoricalCrossentropy(), metrics: [CategoricalAccuracy()],
      optimizer: Adam(), seed: 1)
    let (pictures, others) = (Stripes(count: 70, seed: 1), Stripes(count: 40, seed: 2))
    func trained(threads: Int, ahead: Bool) throws -> ([Tensor], [Double?]) {
      var model = try Stripes.classifier(seed: 1)
      model.batchNormPolicy = .train
      let device = Device(threads: threads)
      var state = TrainingState()
      let result =
        ahead
        ? try Trainer(settings, on: device).train(
          &model, on: ImageBatches(SlowStripes(stripes: pictures), for: model),
          validation: ImageBatches(SlowStripes(stripes: others), for: model), state: &state)
        : try Trainer(settings, on: device).train(&model, on: pictures, validation: others, state: &state)
      return (model.parameters.map(\.value), result.records.map { $0["val_loss"] })
    }
    let expected = try trained(threads: 1, ahead: false)
    for threads in 1...2 {
      let found = try trained(threads: threads, ahead: true)
      #expect(found.0 == expected.0 && found.1 == expected.1)
    }
  }

  @Test("Asked to stop, training leaves the batch that it began")
  func stopping() throws {
    let device = Device(threads: 2)
    let samples = SlowStripes(stripes: Stripes(count: 640, seed: 1))
    let settings = PhaseSettings(
      name: "all", epochs: 1, batchSize: 64, loss: CategoricalCrossentropy(), metrics: [], optimizer: Adam(), seed: 1)
    var model = try Stripes.classifier(seed: 1)
    let asked = Position()
    var state = TrainingState()
    let result = try Trainer(settings, on: device).train(
      &model, on: ImageBatches(samples, for: model), state: &state, shouldStop: { asked.advance() == 2 })
    #expect(result.outcome == .cancelled)
    let read = samples.reads.advance()
    #expect((128...192).contains(read))
    Thread.sleep(forTimeInterval: 0.01)
    #expect(samples.reads.advance() == read + 1)
  }
}
