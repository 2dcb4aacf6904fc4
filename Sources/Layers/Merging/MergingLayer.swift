public import JSON
public import Tensors

/// A layer without settings that joins its inputs element by element. Extents of 1 are repeated: `[1, 1, channels]` meets
/// `[height, width, channels]`, as squeeze-and-excitation needs it.
public protocol MergingLayer: Layer {
  init()
}

extension MergingLayer {
  public init(config: JSONValue) throws(ConfigError) {
    let reader = try ConfigReader(config, of: Self.kind)
    try reader.finish()
    self.init()
  }

  public var config: JSONValue { [:] }

  public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
    try Broadcasting.shape(of: inputs, in: Self.kind)
  }

  /// All inputs joined from the left by an operation that repeats extents of 1.
  func joined(_ inputs: [Tensor], _ join: (Tensor, Tensor) -> Tensor) -> Tensor {
    let rank = inputs.map(\.shape.rank).max() ?? 0
    // The kernels align shapes at the last axis; the batch must stay in front.
    let aligned = inputs.map { input in
      input.reshaped(to: Broadcasting.extending(input.shape.sample, to: rank - 1).batched(input.shape[0]))
    }
    guard var result = aligned.first else { preconditionFailure("a merging layer has inputs") }
    for input in aligned.dropFirst() { result = join(result, input) }
    return result
  }
}
