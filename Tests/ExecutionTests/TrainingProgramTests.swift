import Execution
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

/// The training program against `Model.evaluate`, whose gradients are checked against finite differences elsewhere.
@Suite("A training program computes what the model computes layer by layer")
struct TrainingProgramTests {
  static let samples = Sample.all + [.gated, .narrow, .rectifiedPools, .stacked]

  @Test(
    "outputs, statistics and gradients, for every structure that is fused, every policy, whatever is frozen",
    arguments: KernelSet.available, samples)
  func equalsReference(_ kernels: KernelSet, _ sample: Sample) throws {
    let device = Device(kernels: kernels, threads: 2)
    for policy in BatchNormPolicy.allCases {
      for trained in Trained.allCases {
        var model = try sample.model()
        model.batchNormPolicy = policy
        model.setTrained(trained.indices(model.instances.count))
        let found = try pass(model, sample, fused: true, on: device)
        let expected = try pass(model, sample, fused: false, on: device)
        let place = "\(sample.name), \(policy), \(trained)"
        #expect(found.statistics.map(\.parameter) == expected.statistics.map(\.parameter), "\(place)")
        let numbers = found.outputs + found.statistics.map(\.value)
        let reference = expected.outputs + expected.statistics.map(\.value)
        for (index, pair) in zip(numbers, reference).enumerated() {
          #expect(pair.0.elements == pair.1.elements, "\(place): output or statistic \(index)")
        }
        expectClose(found.gradients, expected.gradients, model, place)
      }
    }
  }

  @Test("One and two threads give the same bits", arguments: samples)
  func sameBits(_ sample: Sample) throws {
    var model = try sample.model()
    model.batchNormPolicy = .train
    let one = try pass(model, sample, fused: true, on: Device(threads: 1))
    let two = try pass(model, sample, fused: true, on: Device(threads: 2))
    #expect(one.outputs == two.outputs)
    #expect(one.gradients.tensors == two.gradients.tensors)
    #expect(one.statistics.map(\.value) == two.statistics.map(\.value))
  }

  @Test("Between two values inside a residual block it continues what another one began")
  func betweenBoundaries() throws {
    let sample = Sample.residual
    let device = Device(threads: 1)
    var model = try sample.model()
    let fixed = model.ancestors(of: [try model.output(of: "second")])
    try model.freeze(.all)
    try model.unfreeze(.matching("batch_normalization_1"))
    model.batchNormPolicy = .train
    let boundary = model.boundary(ofFixed: fixed)
    #expect(boundary.count == 2)
    let input = Tensor(sample.shape.batched(3), RandomKey(seed: 5).normal(3 * sample.shape.elementCount))
    let values = model.values(boundary, from: [model.inputs[0].value: input], on: device)
    let known = Dictionary(uniqueKeysWithValues: zip(boundary, values))
    let program = TrainingProgram(model, from: known.mapValues(\.shape.sample), to: model.outputs)
    let (random, ids) = (RandomKey(seed: 1), [UInt64](0..<3))
    let found = program.evaluate(model, from: known, random: random, sampleIDs: ids, on: device)
    let expected = model.evaluate(model.outputs, from: known, random: random, sampleIDs: ids, on: device)
    let slopes = [Tensor(found.outputs[0].shape, RandomKey(seed: 2).normal(found.outputs[0].count))]
    #expect(found.outputs == expected.outputs)
    let gradients = found.pullback(slopes)
    expectClose(gradients, expected.pullback(slopes), model, "between two boundaries")
    #expect(gradients.tensors.compactMap(\.self).count == 2)
  }

  @Test("A steady step asks for no memory, and needs less than layers by themselves do")
  func steady() throws {
    var model = try Sample.inverted.model()
    model.batchNormPolicy = .train
    func bytes(fused: Bool) throws -> Int {
      // How much scratch memory several threads hold at once is left to chance.
      let device = Device(threads: 1)
      for _ in 0..<2 { _ = try pass(model, .inverted, fused: fused, on: device) }
      let blocks = device.buffers.createdBlockCount
      for _ in 0..<3 { _ = try pass(model, .inverted, fused: fused, on: device) }
      #expect(device.buffers.createdBlockCount == blocks)
      return device.buffers.byteCount
    }
    let (found, expected) = (try bytes(fused: true), try bytes(fused: false))
    #expect(4 * found < 3 * expected, "\(found) of \(expected) bytes")
  }

  @Test("Each gradient is handed over once, when all calls of its layer have added to it")
  func delivery() throws {
    let sample = Sample.twice
    let device = Device(threads: 1)
    let model = try sample.model()
    let expected = try pass(model, sample, fused: true, on: device).gradients.tensors
    let evaluation = try evaluated(model, sample, fused: true, on: device)
    var found = [Tensor?](repeating: nil, count: expected.count)
    evaluation.pullback(try slopes(model, sample)) { parameter, gradient in
      #expect(found[parameter] == nil)
      found[parameter] = gradient
    }
    #expect(found == expected)
  }

  @Test(
    "What is large comes in rows where they are taken, of a layer that is called twice as a whole", arguments: [1, 2])
  func rows(_ calls: Int) throws {
    var graph = ModelBuilder(name: "wide")
    let input = graph.input([6])
    var x = graph(Dense(units: 1030), on: input)
    x = graph(Dense(units: 1030, activation: .relu()), name: "large", on: x)
    for _ in 1..<calls { x = graph.call("large", on: x)[0] }
    let model = try graph.model(inputs: [input], outputs: [x], seed: 3)
    let known = [model.inputs[0].value: Tensor([2, 6], RandomKey(seed: 1).normal(12))]
    let slopes = [Tensor([2, 1030], RandomKey(seed: 2).normal(2060))]
    let device = Device(threads: 2)
    let program = TrainingProgram(model, from: known.mapValues(\.shape.sample), to: model.outputs)
    func evaluated() -> ModelEvaluation {
      program.evaluate(model, from: known, random: RandomKey(seed: 1), sampleIDs: [0, 1], on: device)
    }
    let expected = evaluated().pullback(slopes)
    let reference = model.evaluate(
      model.outputs, from: known, random: RandomKey(seed: 1), sampleIDs: [0, 1], on: device
    ).pullback(slopes)
    #expect(expected.tensors == reference.tensors)
    var found = Gradients(parameterCount: model.parameters.count)
    var inRows: [String] = []
    evaluated().pullback(slopes) { parameter, gradient in
      found[parameter] = gradient
    } deliverRows: { parameter, gradient in
      inRows.append(model.parameters[parameter].path)
      found[parameter] = gradient.whole()
    }
    #expect(found.tensors == expected.tensors)
    #expect(inRows == (calls == 1 ? ["large/kernel"] : []))
  }

  @Test("Nothing of the size of a convolution's output is kept if a pool alone reads it")
  func pooledMemory() throws {
    func bytes(_ activation: ActivationFunction) throws -> Int {
      let block: [any Layer] = [
        Conv2D(filters: 16, kernelSize: Size(3, 3), padding: .same, activation: activation),
        MaxPooling2D(poolSize: Size(2, 2), strides: Size(1, 1), padding: .same),
      ]
      let layers = Array(repeating: block, count: 8).flatMap { $0 }
      let model = try Model(
        sequential: "pools", inputShape: [64, 64, 16], layers.map { (nil, $0) }, seed: 1)
      let device = Device(threads: 1)
      let known = [model.inputs[0].value: Tensor(repeating: 1, [8, 64, 64, 16])]
      let program = TrainingProgram(model, from: known.mapValues(\.shape.sample), to: model.outputs)
      for _ in 0..<2 {
        let evaluation = program.evaluate(
          model, from: known, random: RandomKey(seed: 1), sampleIDs: [UInt64](0..<8), on: device)
        let slopes = evaluation.outputs
        _ = evaluation.pullback(slopes)
      }
      return device.buffers.byteCount
    }
    let image = 8 * 64 * 64 * 16 * 4
    let (joined, apart) = (try bytes(.relu()), try bytes(.relu(negativeSlope: 0.1)))
    #expect(apart - joined >= 5 * image, "\(joined) and \(apart) bytes, an image is \(image)")
  }

  @Test("Layers that run twice, a few images at a time, change no more than the order of additions", arguments: samples)
  func segments(_ sample: Sample) throws {
    for policy in BatchNormPolicy.allCases {
      var model = try sample.model()
      model.batchNormPolicy = policy
      let expected = try pass(model, sample, fused: true, on: Device(threads: 1))
      let found = try [1, 2].map { threads in
        try pass(model, sample, fused: true, segmentSparing: 1, on: Device(threads: threads))
      }
      #expect(found[0].outputs == expected.outputs && found[1].outputs == expected.outputs)
      #expect(found[0].gradients.tensors == found[1].gradients.tensors)
      expectClose(found[0].gradients, expected.gradients, model, "\(sample.name), \(policy)")
    }
  }

  /// Which layers are trained.
  enum Trained: CaseIterable {
    case all, second, even, odd

    func indices(_ count: Int) -> Set<Int> {
      switch self {
      case .all: Set(0..<count)
      case .second: Set(count / 2..<count)
      case .even: Set((0..<count).filter { $0 % 2 == 0 })
      case .odd: Set((0..<count).filter { $0 % 2 == 1 })
      }
    }
  }

  private struct Pass {
    let outputs: [Tensor]
    let statistics: [(parameter: Int, value: Tensor)]
    let gradients: Gradients
  }

  private func pass(
    _ model: Model, _ sample: Sample, fused: Bool, segmentSparing least: Int = .max, on device: Device
  ) throws -> Pass {
    let evaluation = try evaluated(model, sample, fused: fused, segmentSparing: least, on: device)
    let (outputs, statistics) = (evaluation.outputs, evaluation.statistics)
    return Pass(outputs: outputs, statistics: statistics, gradients: evaluation.pullback(try slopes(model, sample)))
  }

  private func wanted(_ model: Model, _ sample: Sample) throws -> [ValueID] {
    try sample.layers.map { try model.output(of: $0) } + model.outputs
  }

  /// The gradients of the outputs.
  private func slopes(_ model: Model, _ sample: Sample) throws -> [Tensor] {
    let shapes = try model.shapes(for: [sample.shape])
    return try wanted(model, sample).enumerated().map { index, value in
      let shape = shapes[value.index].batched(3)
      return Tensor(shape, RandomKey(seed: 5 + UInt64(index)).normal(shape.elementCount))
    }
  }

  /// A pass forward over three pictures.
  private func evaluated(
    _ model: Model, _ sample: Sample, fused: Bool, segmentSparing least: Int = .max, on device: Device
  ) throws -> ModelEvaluation {
    let input = Tensor(sample.shape.batched(3), RandomKey(seed: 3).normal(3 * sample.shape.elementCount))
    let known = [model.inputs[0].value: input]
    let wanted = try wanted(model, sample)
    let (random, ids) = (RandomKey(seed: 4), [UInt64](7..<10))
    guard fused else { return model.evaluate(wanted, from: known, random: random, sampleIDs: ids, on: device) }
    let program = TrainingProgram(
      model, from: known.mapValues(\.shape.sample), to: wanted, segmentSparing: least)
    return program.evaluate(model, from: known, random: random, sampleIDs: ids, on: device)
  }

  /// The same but for the order of additions, and zero where the mean of a batch takes away what a bias adds: there the
  /// reference has the rounding of a sum of numbers as large as those that kernels' gradients are made of.
  private func expectClose(_ found: Gradients, _ expected: Gradients, _ model: Model, _ place: String) {
    func largest(_ tensor: Tensor?) -> Float { tensor?.elements.map(abs).max() ?? 0 }
    let largestOfAll = max(1, expected.tensors.map(largest).max() ?? 0)
    for (index, pair) in zip(found.tensors, expected.tensors).enumerated() {
      let place = "\(place): gradient of \(model.parameters[index].path)"
      guard let found = pair.0, let expected = pair.1 else {
        #expect(pair.0 == nil && pair.1 == nil, "\(place)")
        continue
      }
      #expect(found.shape == expected.shape, "\(place)")
      let isZero = largest(found) == 0
      let worst = zip(found.elements, expected.elements).map { abs($0 - $1) }.max() ?? 0
      let allowed = isZero ? 1e-5 * largestOfAll : 2e-5 * max(1, largest(expected))
      #expect(worst <= allowed, "\(place): \(worst) of \(largest(expected)), at most \(largestOfAll)")
    }
  }
}

extension Sample {
  fileprivate static let gated = Sample(name: "swish and hard swish behind normalisation", shape: [7, 9, 20]) {
    graph, input in
    var x = graph(Conv2D(filters: 37, kernelSize: Size(1, 1), usesBias: false), on: input)
    x = graph(Activation(.swish), on: graph(BatchNormalization(), on: x))
    x = graph(DepthwiseConv2D(kernelSize: Size(3, 3), padding: .same, usesBias: false), on: x)
    x = graph(Activation(.hardSwish), on: graph(BatchNormalization(center: false), on: x))
    x = graph(Dropout(rate: 0.4), on: x)
    let narrow = graph(Conv2D(filters: 20, kernelSize: Size(1, 1)), on: x)
    // Behind a sum only a ReLU is taken back in the same pass.
    x = graph(Add(), on: input, graph(BatchNormalization(), on: narrow))
    return graph(Activation(.swish), on: x)
  }

  fileprivate static let stacked = Sample(
    name: "residual blocks whose first convolution adds to the shortcut's gradient", shape: [9, 10, 3]
  ) {
    graph, input in
    func normalized(_ x: ModelBuilder.Value, _ filters: Int, _ size: Int = 1, _ stride: Int = 1) -> ModelBuilder.Value {
      let convolution = Conv2D(
        filters: filters, kernelSize: Size(size, size), strides: Size(stride, stride), padding: .same, usesBias: false)
      return graph(BatchNormalization(), on: graph(convolution, on: x))
    }
    func block(_ x: ModelBuilder.Value, _ shortcut: ModelBuilder.Value, _ stride: Int, _ activation: any Layer)
      -> ModelBuilder.Value
    {
      var y = graph(ReLU(), on: normalized(x, 17, 1, stride))
      y = graph(ReLU(), on: normalized(y, 18, 3))
      return graph(activation, on: graph(Add(), on: normalized(y, 34), shortcut))
    }
    var x = graph(ReLU(), on: normalized(input, 20, 3))
    x = block(x, normalized(x, 34, 1, 2), 2, ReLU())
    x = block(x, x, 1, ReLU(negativeSlope: 0.1))
    x = block(x, x, 1, Activation(.linear))
    x = block(x, x, 1, Activation(.swish))
    return block(x, normalized(x, 34), 1, ReLU())
  }

  fileprivate static let narrow = Sample(name: "one pixel, one channel", shape: [1, 1, 1]) { graph, input in
    var x = graph(Conv2D(filters: 1, kernelSize: Size(1, 1)), on: input)
    x = graph(ReLU(negativeSlope: 0.1), on: graph(BatchNormalization(), on: x))
    return graph(ReLU(maxValue: 2), on: graph(Add(), on: input, graph(BatchNormalization(), on: x)))
  }

  /// One behind the other, that overlap, with a largest output; then two that cannot join: a leaky one, and one whose input has another
  /// user.
  fileprivate static let rectifiedPools = Sample(name: "pools behind rectified convolutions", shape: [13, 12, 3]) {
    graph, input in
    var x = graph(Conv2D(filters: 20, kernelSize: Size(3, 3), activation: .relu()), on: input)
    x = graph(MaxPooling2D(poolSize: Size(3, 3), strides: Size(2, 2), padding: .same), on: x)
    x = graph(Conv2D(filters: 16, kernelSize: Size(3, 3), padding: .same), on: x)
    x = graph(MaxPooling2D(poolSize: Size(2, 2), strides: Size(1, 1)), on: graph(ReLU(maxValue: 0.5), on: x))
    x = graph(DepthwiseConv2D(kernelSize: Size(3, 3), padding: .same, activation: .relu()), on: x)
    x = graph(MaxPooling2D(poolSize: Size(2, 2)), on: x)
    let leaky = graph(Conv2D(filters: 5, kernelSize: Size(1, 1)), on: x)
    let pooled = graph(
      MaxPooling2D(poolSize: Size(2, 2), strides: Size(1, 1), padding: .same),
      on: graph(ReLU(negativeSlope: 0.1), on: leaky))
    let shared = graph(Conv2D(filters: 5, kernelSize: Size(1, 1), activation: .relu()), on: pooled)
    return graph(Add(), on: shared, graph(MaxPooling2D(poolSize: Size(1, 1)), on: shared))
  }
}
