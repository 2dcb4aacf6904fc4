import Execution
public import Kernels
public import Layers
import Synchronization
public import Tensors

/// The part of a model that no step changes, from the picture to the values at its boundary; compiled when a picture first
/// has to go through it, which may be never.
public final class FrozenPart: Sendable {
  /// The values at the boundary, in their order; may hold the model's input, and may be empty.
  public let values: [ValueID]
  /// The shape of one sample of each.
  let shapes: [Shape]
  /// The positions of the values that are computed: all but the model's input.
  let computed: [Int]
  /// What each of these is, for people.
  let words: [String]
  /// What computes them; nil where there are none.
  let lowered: LoweredProgram?
  /// What the program is compiled for.
  let device: Device
  private let program = Mutex<InferenceProgram?>(nil)
  private let knownDigests = Mutex<[ContentDigest]?>(nil)

  /// - Parameters:
  ///   - values: of all boundaries.
  ///   - picture: the shape of one picture.
  public init(_ model: Model, to values: [ValueID], picture: Shape, on device: Device) throws(ModelError) {
    try model.checkTakesPictures(picture)
    let values = Set(values).sorted()
    let input = model.inputs[0].value
    let computed = values.indices.filter { values[$0] != input }
    let lowered =
      computed.isEmpty
      ? nil : try LoweredProgram(model, to: computed.map { values[$0] }, inputShapes: [picture])
    var shapes = [Shape](repeating: picture, count: values.count)
    for (position, shape) in zip(computed, lowered?.outputShapes ?? []) { shapes[position] = shape }
    words = computed.map { position in
      let node = model.nodes.last { $0.output == values[position] }
      let layer = node.map { model.instances[$0.instance].path } ?? "?"
      return "\(model.name): \(layer) \(shapes[position])"
    }
    self.values = values
    self.computed = computed
    self.lowered = lowered
    self.shapes = shapes
    self.device = device
  }

  /// A digest of each computed value: of all that leads to it from the picture on.
  var digests: [ContentDigest] {
    guard let lowered else { return [] }
    return knownDigests.withLock { known in
      let digests = known ?? FeatureKeys.digests(of: lowered)
      known = digests
      return digests
    }
  }

  /// Bytes of the values of one picture.
  var byteCount: Int { shapes.reduce(0) { $0 + $1.elementCount } * MemoryLayout<Float>.stride }

  /// Fills the rows of the computed values of a picture `[height, width, channels]`.
  func compute(_ picture: Tensor, into rows: [Target], rounding precision: Precision, on serial: Device) {
    guard let lowered else { return }
    let program = self.program.withLock { program in
      let compiled = program ?? InferenceProgram(lowered, on: device)
      program = compiled
      return compiled
    }
    let values = program([picture.reshaped(to: picture.shape.batched(1))], on: serial)
    for (position, value) in zip(computed, values) {
      rows[position].fill(with: value)
      rows[position].round(value.count, to: precision)
    }
  }

  /// Fills the row of the picture itself, if it is among the values.
  func pass(_ picture: Tensor, into rows: [Target]) {
    for position in values.indices where !computed.contains(position) { rows[position].fill(with: picture) }
  }

  /// Whether the picture itself is among the values.
  var passesPicture: Bool { computed.count < values.count }
}

extension Target {
  /// Copies a tensor to this memory, which has room for it and nobody else's.
  fileprivate func fill(with tensor: Tensor) {
    unsafe tensor.withUnsafeElements { source in
      for index in 0..<source.count { unsafe address[index] = source[index] }
    }
  }
}
