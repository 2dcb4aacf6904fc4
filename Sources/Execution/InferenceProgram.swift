public import Kernels
public import Layers
public import Tensors

/// A model, or a part of one between known and wanted values, compiled for inference.
///
/// Batch normalisation is folded, activations and residuals are fused, kernels are packed once, and the blocks of the
/// MobileNets run band by band in cache. All values have their place in one arena a thread, planned once. Pictures of a
/// batch are shared out among the device's threads and go through the network a few at a time: one where activations
/// outweigh weights, more where it is the other way round; with fewer pictures than threads every layer is shared out
/// instead. From the last dense layers on the whole batch goes together. An image's outputs are the same bits in any batch
/// and with any number of threads.
///
/// The plain reference is `Model.values(_:from:on:)`; folding changes results in the order of 1e-6 of the largest.
public struct InferenceProgram: Sendable {
  /// Steps for a few images at a time, in their stages, and the floats of a thread's arena.
  let perImage: [Operation]
  let stages: [Stage]
  let arenaCount: Int
  /// Steps for the whole batch, and the floats of their arena for one image.
  let perBatch: [Operation]
  let batchArenaCount: Int
  /// One sample of each tensor that is made for the whole batch.
  private let keptShapes: [Shape]
  private let outputs: [Place.Home]
  private let kernels: KernelSet

  /// The shape of one sample of each input.
  public let inputShapes: [Shape]
  /// The shape of one sample of each output.
  public let outputShapes: [Shape]

  /// - Parameters:
  ///   - from: the known values; the model's inputs if nil.
  ///   - to: the wanted values.
  ///   - inputShapes: the shape of one sample of each of the *model's* inputs.
  ///   - device: packs the kernels; any device of the same kernel set can run the program.
  public init(
    _ model: Model, from known: [ValueID]? = nil, to wanted: [ValueID], inputShapes: [Shape], on device: Device
  ) throws(ModelError) {
    self.init(try LoweredProgram(model, from: known, to: wanted, inputShapes: inputShapes), on: device)
  }

  /// Compiles what is lowered already.
  public init(_ lowered: LoweredProgram, on device: Device) {
    let shapes = lowered.shapes
    let layout = Layout(
      lowered.drafts, known: lowered.known, wanted: lowered.resolved, shapes: shapes, on: device)
    perImage = layout.perImage
    stages = layout.stages
    arenaCount = layout.arenaCount
    perBatch = layout.perBatch
    batchArenaCount = layout.batchArenaCount
    keptShapes = layout.kept.map { shapes[$0.index] }
    outputs = layout.outputs
    kernels = device.kernels
    inputShapes = lowered.known.map { shapes[$0.index] }
    outputShapes = lowered.outputShapes
  }

  /// The wanted values.
  ///
  /// - Parameter inputs: one tensor `[batch, …]` for each known value.
  public func callAsFunction(_ inputs: [Tensor], on device: Device) -> [Tensor] {
    let count = checkedCount(inputs, on: device)
    var kept = makeKept(count, in: device.buffers)
    if count > 0 {
      reading(inputs) { inputs in
        writing(&kept) { kept in
          runPerImage(count, inputs, kept, on: device)
          runPerBatch(count, inputs, kept, on: device)
        }
      }
    }
    return zip(outputs, outputShapes).map { home, shape in
      switch home {
      case .input(let index): inputs[index].reshaped(to: shape.batched(count))
      case .kept(let index): kept[index].reshaped(to: shape.batched(count))
      case .group, .chunk: preconditionFailure("an output is a tensor of its own")
      }
    }
  }

  /// The number of images.
  func checkedCount(_ inputs: [Tensor], on device: Device) -> Int {
    precondition(device.kernels == kernels, "the program is packed for \(kernels), not for \(device.kernels)")
    precondition(
      inputs.map(\.shape.sample) == inputShapes,
      "the program takes \(inputShapes) a sample, not \(inputs.map(\.shape.sample))")
    return inputs.first?.shape[0] ?? 0
  }

  /// The most images one thread takes at a time.
  var chunk: Int { Stage.chunk(stages) }

  /// New tensors for what is made for a whole batch of `count` images.
  func makeKept(_ count: Int, in pool: BufferPool) -> [Tensor] {
    // Every element is written: each image has its place, and every image comes.
    keptShapes.map { unsafe Tensor(uninitialized: $0.batched(count), in: pool) }
  }

  /// Bytes of the packed parameters.
  public var weightBytes: Int { 4 * (perImage + perBatch).reduce(0) { $0 + $1.weightCount } }

  /// Bytes of activations while a batch of `count` images runs on so many threads, without inputs and outputs.
  public func workingBytes(count: Int, threads: Int) -> Int {
    let kept = keptShapes.reduce(0) { $0 + $1.elementCount }
    return 4 * (threads * arenaCount + count * (batchArenaCount + kept))
  }
}
