import Images
import JSON
import Kernels
import Layers
import Synchronization
import Tensors
import Testing
import Training

@Suite("Mixing the samples of a batch")
struct MixingTests {
  private static let keys = (0..<200).map { RandomKey(seed: 6).folding(UInt64($0)) }
  private static let pictures = Tensor([5, 7, 6, 3], RandomKey(seed: 1).uniform(5 * 7 * 6 * 3))
  private static let mixings: [any SampleMixing] = [MixUp(alpha: 0.8), CutMix(alpha: 0.9)]

  @Test("Pictures are mixed as their targets: by the share, or by the area that the other one has")
  func pictures() {
    let values = Self.pictures.elements
    let size = 7 * 6 * 3
    for key in Self.keys.prefix(40) {
      for mixing in Self.mixings {
        let mixture = mixing.mixture(of: 5, picture: [7, 6, 3], key: key)
        #expect(mixture.partners.sorted() == Array(0..<5))
        var mixed = Self.pictures
        mixture.apply(to: &mixed)
        for sample in 0..<5 {
          let other = mixture.partners[sample]
          let share = Double(mixture.shares[sample])
          let found = mixed.elements[sample * size..<(sample + 1) * size].map(Double.init)
          let own = values[sample * size..<(sample + 1) * size].map(Double.init)
          let partner = values[other * size..<(other + 1) * size].map(Double.init)
          if mixing is MixUp {
            #expect(zip(found, zip(own, partner)).allSatisfy { abs($0 - (share * $1.0 + (1 - share) * $1.1)) < 1e-6 })
          } else if other != sample {
            #expect(zip(found, zip(own, partner)).allSatisfy { $0 == $1.0 || $0 == $1.1 })
            let taken = zip(found, own).count { $0 != $1 }
            #expect(abs(1 - Double(taken) / Double(size) - share) < 1e-6)
          }
        }
      }
    }
  }

  @Test("What is left of a picture is drawn from Beta(α, α)", arguments: [0.2, 1])
  func shares(_ alpha: Double) {
    // A large picture, so that whole pixels tell little.
    for mixing in [MixUp(alpha: alpha), CutMix(alpha: alpha)] as [any SampleMixing] {
      let shares = Self.keys.flatMap {
        mixing.mixture(of: 20, picture: [500, 500, 1], key: $0).shares.map(Double.init)
      }
      let variance = 1 / (4 * (2 * alpha + 1))
      #expect(abs(shares.reduce(0, +) / 4000 - 0.5) < 5 * (variance / 4000).squareRoot())
      #expect(abs(shares.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / 4000 / variance - 1) < 0.1)
    }
  }

  @Test("Classes become shares of classes; numbers, labels and weights are mixed; the class is the larger one")
  func targets() {
    let mixture = SampleMixture(partners: [1, 2, 0], shares: [0.75, 0.375, 1])
    let mixed = mixture.apply(to: Targets(.classes([0, 2, 0], count: 3), weights: [1, 3, 2]))
    #expect(mixed.numbers(units: 3) == Tensor([3, 3], [0.75, 0, 0.25, 0.625, 0, 0.375, 1, 0, 0]))
    #expect(mixed.kind == .classes([0, 0, 0], count: 3))
    #expect(mixed.weights == [1.5, 2.375, 2])
    #expect(mixed[[1, 0]].numbers(units: 3) == Tensor([2, 3], [0.625, 0, 0.375, 0.75, 0, 0.25]))
    #expect(mixed[[1, 0]].weights == [2.375, 1.5])
    // 0.75 · 2 + 0.25 · 8, and so on, times the weights.
    #expect(mixed.weighted(byClass: [2, 4, 8]).weights == [1.5 * 3.5, 2.375 * 4.25, 2 * 2])
    #expect(mixed.weighted(byClass: [2, 4, 8]).numbers(units: 3) == mixed.numbers(units: 3))
    let twice = SampleMixture(partners: [2, 0, 1], shares: [0.5, 0.5, 1]).apply(to: mixed)
    #expect(twice.numbers(units: 3) == Tensor([3, 3], [0.875, 0, 0.125, 0.6875, 0, 0.3125, 1, 0, 0]))
    #expect(
      mixture.apply(to: .values([8, 4, 0])).numbers(units: 1) == Tensor([3, 1], [7, 1.5, 0]))
    let labels = Targets.values(Tensor([3, 2], [1, 0, 1, 1, 0, 0]))
    #expect(mixture.apply(to: labels).numbers(units: 2) == Tensor([3, 2], [1, 0.25, 0.375, 0.375, 0, 0]))
    let two = mixture.apply(to: .classes([0, 1, 0], count: 2))
    #expect(two.numbers(units: 1) == Tensor([3, 1], [0.25, 0.375, 0]))
    #expect(two.numbers(units: 2) == Tensor([3, 2], [0.75, 0.25, 0.625, 0.375, 1, 0]))
  }

  @Test("The cross-entropy of a mixture is the mixture of both; accuracy takes the larger share")
  func lossAndAccuracy() {
    let outputs = Tensor([3, 3], [0.7, 0.2, 0.1, 0.3, 0.3, 0.4, 0.1, 0.8, 0.1])
    let mixture = SampleMixture(partners: [1, 2, 0], shares: [0.75, 0.375, 1])
    let targets = mixture.apply(to: .classes([0, 2, 0], count: 3))
    let (own, other) = (Targets.classes([0, 2, 0], count: 3), Targets.classes([2, 0, 0], count: 3))
    let loss = CategoricalCrossentropy()
    func each(_ targets: Targets, _ sample: Int) -> Double {
      loss(outputs[samples: sample..<sample + 1], targets[[sample]])
    }
    let expected = (0..<3).reduce(0.0) { sum, sample in
      let share = Double(mixture.shares[sample])
      return sum + (share * each(own, sample) + (1 - share) * each(other, sample)) / 3
    }
    expectClose(loss(outputs, targets), expected, within: 1e-6)
    // Of the second sample class 0 has the larger share, and the output says 2.
    #expect(CategoricalAccuracy()(outputs, targets) == 1 / 3.0)
    let two = mixture.apply(to: .classes([0, 1, 1], count: 2))
    #expect(BinaryAccuracy()(Tensor([3, 1], [0.1, 0.9, 0.2]), two) == 2 / 3.0)
  }

  @Test("Every batch and epoch is mixed anew, by the samples alone; a probability leaves some batches as they are")
  func keys() {
    let mixer = BatchMixer([MixUp(), CutMix()], seed: 3)
    func mixtures(_ indices: [Int], _ epoch: Int) -> [SampleMixture] {
      mixer.mixtures(indices, epoch: epoch, picture: [8, 8, 1])
    }
    #expect(mixtures([3, 1, 2], 4) == mixtures([3, 1, 2], 4) && mixtures([3, 1, 2], 4).count == 2)
    #expect(
      Set([mixtures([3, 1, 2], 4), mixtures([3, 1, 2], 5), mixtures([1, 3, 2], 4), mixtures([3, 1], 4)]).count == 4)
    #expect(
      BatchMixer([MixUp(), CutMix()], seed: 4).mixtures([3, 1, 2], epoch: 4, picture: [8, 8, 1])
        != mixtures([3, 1, 2], 4))
    let seldom = BatchMixer([MixUp(probability: 0.25)], seed: 3)
    let mixed = (0..<1000).count { !seldom.mixtures([$0], epoch: 0, picture: [8, 8, 1]).isEmpty }
    #expect(abs(mixed - 250) < 69)
  }

  @Test("Settings come back as they were written and are strict")
  func settings() throws {
    for config in [
      ["name": "mix_up", "alpha": 0.35, "probability": 0.5], ["name": "cut_mix", "alpha": 2, "probability": 0.75],
    ] as [JSONValue] {
      #expect(try MixingRegistry.mixing(config: config).config["alpha"]?.doubleValue == config["alpha"]?.doubleValue)
      #expect(try MixingRegistry.mixing(config: config).config["probability"] == config["probability"])
      for (key, wrong) in [("alpha", 0), ("alpha", "x"), ("probability", 2), ("factor", 1)] as [(String, JSONValue)] {
        var members = config.objectValue ?? [:]
        members[key] = wrong
        let error = #expect(throws: AugmentationError.self) { try MixingRegistry.mixing(config: .object(members)) }
        #expect(error?.key == key)
      }
    }
    #expect(try MixingRegistry.mixing(config: ["name": "mix_up"]).config["alpha"] == 0.2)
    #expect(try MixingRegistry.mixing(config: ["name": "cut_mix"]).config["alpha"]?.doubleValue == 1)
    #expect(throws: AugmentationError.self) { try MixingRegistry.mixing(config: ["name": "mixup"]) }
  }

  @Test("Behind a frozen part come the values of mixed pictures, read ahead or not, on one thread or two")
  func batches() throws {
    let stripes = Stripes(count: 30, seed: 1)
    let model = try Stripes.classifier(seed: 1)
    let boundary = try [model.output(of: "global_average_pooling2d")]
    let mixer = BatchMixer(Self.mixings, seed: 9)
    let indices = [7, 3, 29, 0, 11, 12, 13, 14, 15]
    var pictures = stripes.pictures.gathering(samples: indices)
    for mixture in mixer.mixtures(indices, epoch: 2, picture: [8, 8, 1]) { mixture.apply(to: &pictures) }
    let input = model.inputs[0].value
    let plain = model.values(boundary, from: [input: pictures], on: Device(threads: 1))[0].elements
    let samples = StripeSamples(stripes: stripes)
    var found: [Tensor] = []
    for threads in [1, 2] {
      let device = Device(threads: threads)
      let batches = try ImageBatches(samples, for: model, boundary: boundary, mixer: mixer, on: device)
      let values = try batches.batch(indices, epoch: 2, on: device)
      found.append(try #require(values[boundary[0]]))
      if let pending = batches.begin(indices, epoch: 2, on: device) {
        #expect(try pending.values(on: device) == values)
      }
      let pixels = try ImageBatches(samples, for: model, mixer: mixer).batch(indices, epoch: 2, on: device)
      #expect(pixels[input] == pictures)
      let expected = mixer.mixtures(indices, epoch: 2, picture: [8, 8, 1]).reduce(stripes.targets[indices]) {
        $1.apply(to: $0)
      }
      #expect(batches.targets(indices, epoch: 2) == expected && expected.classShares != nil)
    }
    #expect(found[0] == found[1])
    let largest = plain.map(abs).max() ?? 0
    #expect(zip(found[0].elements, plain).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
  }

  @Test("Training asks for the batches of `order`, and for the targets of those batches")
  func order() throws {
    var settings = PhaseSettings(
      name: "some", epochs: 2, batchSize: 8, loss: CategoricalCrossentropy(), metrics: [], optimizer: Adam(), seed: 3)
    settings.firstEpoch = 5
    let source = AskedStripes(stripes: Stripes(count: 20, seed: 1))
    var model = try Stripes.classifier(seed: 1)
    var state = TrainingState()
    _ = try Trainer(settings, on: Device(threads: 1)).train(&model, on: source, state: &state)
    let expected = (5..<7).flatMap { epoch in
      let order = settings.order(of: source.targets, epoch: epoch)
      return [order[0..<8], order[8..<16], order[16..<20]].map {
        AskedStripes.Request(indices: Array($0), epoch: epoch)
      }
    }
    #expect(source.batches.withLock { $0 } == expected)
    #expect(source.targetRequests.withLock { $0 } == expected)
  }
}

/// Stripes as if they came from files.
private struct StripeSamples: SampleSource {
  let stripes: Stripes

  var count: Int { stripes.count }
  var targets: Targets { stripes.targets }
  var shape: Shape { [8, 8, 1] }

  func sample(_ index: Int, epoch: Int) throws(ImageError) -> Tensor {
    stripes.pictures[samples: index..<index + 1].reshaped(to: shape)
  }
}

/// Stripes that remember what they were asked for.
private final class AskedStripes: BatchSource {
  struct Request: Hashable {
    let indices: [Int]
    let epoch: Int
  }

  let stripes: Stripes
  let batches = Mutex([Request]())
  let targetRequests = Mutex([Request]())

  init(stripes: Stripes) { self.stripes = stripes }

  var count: Int { stripes.count }
  var targets: Targets { stripes.targets }
  var inputShapes: [Shape] { stripes.inputShapes }

  func batch(_ indices: [Int], epoch: Int, on device: Device) -> [ValueID: Tensor] {
    batches.withLock { $0.append(Request(indices: indices, epoch: epoch)) }
    return stripes.batch(indices, epoch: epoch, on: device)
  }

  func targets(_ indices: [Int], epoch: Int) -> Targets {
    targetRequests.withLock { $0.append(Request(indices: indices, epoch: epoch)) }
    return targets[indices]
  }
}
