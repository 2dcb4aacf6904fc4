public import Kernels
public import Layers
public import Tensors

/// A model, or a part of one between known and wanted values, compiled for inference.
///
/// Batch normalisation is folded, activations and residuals are fused, kernels are packed once. Pictures of a batch are shared
/// out among the device's threads and go through the network one at a time, so that their activations stay in cache; from the
/// first dense layer on, where weights outweigh activations, the whole batch goes together. An image's outputs are the same
/// bits in any batch and with any number of threads.
///
/// The plain reference is `Model.values(_:from:on:)`; folding changes results in the order of 1e-6 of the largest.
public struct InferenceProgram: Sendable {
  private let perImage: [Operation]
  private let perBatch: [Operation]
  private let inputSlots: [Int]
  private let outputSlots: [Int]
  /// What the second part reads from the first, or from the inputs.
  private let handedOver: [Int]
  private let slotCount: Int
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
    let shapes = try model.shapes(for: inputShapes)
    let known = known ?? model.inputs.map(\.value)
    let lowering = Lowering(
      model, path: model.nodes(to: wanted, from: Set(known)), shapes: shapes, wanted: wanted)

    var slots: [ValueID: Int] = [:]
    for value in known where slots[value] == nil { slots[value] = slots.count }
    for draft in lowering.drafts where slots[draft.output] == nil { slots[draft.output] = slots.count }
    var operations = lowering.drafts.map { $0.operation(slots: slots, on: device) }
    let outputSlots = wanted.compactMap { slots[lowering.resolved($0)] }
    precondition(outputSlots.count == wanted.count, "a wanted value that nothing computes")

    let firstDense = operations.firstIndex { if case .dense = $0.work { true } else { false } }
    let cut = firstDense ?? operations.count
    let read = Set(operations[cut...].flatMap(\.inputs) + outputSlots)
    let early = Set(operations[..<cut].map(\.output))
    handedOver = read.intersection(early).sorted()
    for range in [0..<cut, cut..<operations.count] {
      var last: [Int: Int] = [:]
      for index in range { for slot in operations[index].inputs { last[slot] = index } }
      let kept = Set(range.upperBound == cut && cut > 0 ? handedOver + outputSlots : outputSlots)
      for (slot, index) in last where !kept.contains(slot) { operations[index].released.append(slot) }
    }
    perImage = Array(operations[..<cut])
    perBatch = Array(operations[cut...])
    inputSlots = known.compactMap { slots[$0] }
    self.outputSlots = outputSlots
    slotCount = slots.count
    kernels = device.kernels
    self.inputShapes = known.map { shapes[$0.index] }
    outputShapes = wanted.map { shapes[$0.index] }
  }

  /// The wanted values.
  ///
  /// - Parameter inputs: one tensor `[batch, …]` for each known value.
  public func callAsFunction(_ inputs: [Tensor], on device: Device) -> [Tensor] {
    precondition(device.kernels == kernels, "the program is packed for \(kernels), not for \(device.kernels)")
    precondition(
      inputs.map(\.shape.sample) == inputShapes,
      "the program takes \(inputShapes) a sample, not \(inputs.map(\.shape.sample))")
    var values = [Tensor?](repeating: nil, count: slotCount)
    for (slot, input) in zip(inputSlots, inputs) { values[slot] = input }
    if !perImage.isEmpty {
      for (slot, tensor) in zip(handedOver, runPerImage(inputs, on: device)) { values[slot] = tensor }
    }
    Self.run(perBatch, &values, on: device)
    return outputSlots.map { slot in
      guard let value = values[slot] else { preconditionFailure("slot \(slot) was not computed") }
      return value
    }
  }

  /// The first part for all images of a batch; gives what is handed over.
  private func runPerImage(_ inputs: [Tensor], on device: Device) -> [Tensor] {
    let count = inputs.first?.shape[0] ?? 0
    // With fewer images than threads every layer is shared out instead.
    guard count >= device.threadCount, device.threadCount > 1 || count > 1 else {
      return runChunk(inputs, on: device)
    }
    let serial = device.serial
    let collector = Collector(count: count)
    device.forEach(count) { index in
      let image = inputs.map { $0.gathering(samples: [index], in: serial.buffers) }
      collector.put(runChunk(image, on: serial), at: index, in: serial.buffers)
    }
    return collector.results
  }

  private func runChunk(_ inputs: [Tensor], on device: Device) -> [Tensor] {
    var values = [Tensor?](repeating: nil, count: slotCount)
    for (slot, input) in zip(inputSlots, inputs) { values[slot] = input }
    Self.run(perImage, &values, on: device)
    return handedOver.map { slot in
      guard let value = values[slot] else { preconditionFailure("slot \(slot) was not computed") }
      return value
    }
  }

  private static func run(_ operations: [Operation], _ values: inout [Tensor?], on device: Device) {
    for operation in operations {
      let inputs = operation.inputs.map { slot in
        guard let value = values[slot] else { preconditionFailure("slot \(slot) is read before it is written") }
        return value
      }
      values[operation.output] = operation(inputs, on: device)
      for slot in operation.released { values[slot] = nil }
    }
  }
}
