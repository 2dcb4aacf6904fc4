internal import Kernels
public import Layers
public import Tensors

/// A part of a model between known and wanted values, lowered to fused steps whose kernels are not yet packed.
///
/// It says all that a compiled program's results depend on beside the device: two programs whose `steps` and `outputs` are
/// equal give the same bits on the same kernels. That is what a cache of results goes by, without compiling anything.
public struct LoweredProgram: Sendable {
  let drafts: [Draft]
  let known: [ValueID]
  let wanted: [ValueID]
  /// The values that stand for the wanted ones.
  let resolved: [ValueID]
  let shapes: [Shape]

  /// - Parameters:
  ///   - from: the known values; the model's inputs if nil.
  ///   - to: the wanted values.
  ///   - inputShapes: the shape of one sample of each of the *model's* inputs.
  public init(
    _ model: Model, from known: [ValueID]? = nil, to wanted: [ValueID], inputShapes: [Shape]
  ) throws(ModelError) {
    let shapes = try model.shapes(for: inputShapes)
    let known = known ?? model.inputs.map(\.value)
    var lowering = Lowering(
      model, path: model.nodes(to: wanted, from: Set(known)), shapes: shapes, wanted: wanted)
    lowering.fuseBlocks()
    drafts = lowering.drafts
    self.known = known
    self.wanted = wanted
    resolved = wanted.map(lowering.resolved)
    self.shapes = shapes
  }

  /// The shape of one sample of each wanted value.
  public var outputShapes: [Shape] { wanted.map { shapes[$0.index] } }
}

extension LoweredProgram {
  /// Where a value comes from.
  public enum Source: Hashable, Sendable {
    /// It is known; which of the known values it is.
    case known(Int)
    /// These steps compute it, each a part.
    case steps([Int])
  }

  /// One step: what is computed, from what.
  public struct Step: Sendable {
    /// The work, its geometry and settings; everything but numbers and names.
    public let work: String
    /// The numbers, after folding.
    public let tensors: [Tensor]
    public let inputs: [Source]
  }

  /// The steps in their order.
  public var steps: [Step] {
    let sources = sources
    return drafts.map { draft in
      let inputs = draft.reads.map { sources[$0, default: .steps([])] }
      let shape = shapes[draft.output.index]
      return Step(
        work: "\(draft.outline) residual \(draft.residual != nil) -> \(shape)", tensors: draft.numbers, inputs: inputs)
    }
  }

  /// Where each of the wanted values comes from.
  public var outputs: [Source] {
    let sources = sources
    return resolved.map { sources[$0, default: .steps([])] }
  }

  private var sources: [ValueID: Source] {
    var makers: [ValueID: [Int]] = [:]
    for (index, draft) in drafts.enumerated() { makers[draft.output, default: []].append(index) }
    var sources = makers.mapValues { Source.steps($0) }
    for (index, value) in known.enumerated() where sources[value] == nil { sources[value] = .known(index) }
    return sources
  }
}

extension Draft {
  /// Everything but the numbers and what it reads.
  fileprivate var outline: String {
    let work =
      switch self.work {
      case .block(let expand, let depthwise): "block [\(expand?.outline ?? "none")] [\(depthwise.outline)]"
      case .layer(let layer, _, let inputs, let output): "\(String(reflecting: layer)) \(inputs) \(output)"
      default: "\(self.work)"
      }
    let slice = slice.map { "\($0.channel) of \($0.pixelStride)" } ?? "none"
    return "\(work) activation \(activation) slice \(slice) kernel \(kernel != nil) bias \(bias != nil)"
  }

  /// Kernels, biases and other numbers, in a fixed order.
  fileprivate var numbers: [Tensor] {
    var tensors: [Tensor] = []
    switch work {
    case .block(let expand, let depthwise): tensors += (expand?.numbers ?? []) + depthwise.numbers
    case .layer(_, let parameters, _, _): tensors += parameters
    default: break
    }
    return tensors + [kernel, bias].compactMap(\.self)
  }
}
