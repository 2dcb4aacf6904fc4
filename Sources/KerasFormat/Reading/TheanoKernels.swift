internal import JSON
internal import Tensors

/// The kernels of convolutions as Keras 1 kept them for Theano: `[out, in, height, width]`, and turned by 180°, because Theano
/// convolves where the other backends correlate.
struct TheanoKernels {
  /// Whether they are turned as well.
  private let isTurned: Bool
  /// What a user should know.
  let note: String

  /// Nil where the kernels are as today.
  ///
  /// - Parameters:
  ///   - layers: of a file of Keras 1.
  ///   - config: says the order if it is there; else the shapes do.
  init?(_ layers: [StoredLayer], config: JSONValue?, backend: String?) {
    let shapes = layers.flatMap(\.tensors).map(\.shape).filter { $0.rank == 4 }
    func looksSquare(_ first: Int, _ second: Int) -> Bool { first == second && first <= 11 }
    let isTheano =
      config.map { $0.text.contains("\"dim_ordering\": \"th\"") }
      ?? (shapes.allSatisfy { looksSquare($0[2], $0[3]) } && !shapes.allSatisfy { looksSquare($0[0], $0[1]) })
    guard isTheano, !shapes.isEmpty else { return nil }
    isTurned = backend != "tensorflow"
    note =
      "kernels are Theano's, [out, in, height, width]\(isTurned ? ", and turned by 180°" : ""): they were brought into today's form"
      + (backend == nil ? "; the file does not say the backend, Theano was taken for granted" : "")
  }

  /// The layers with today's kernels.
  func converted(_ layers: [StoredLayer]) -> [StoredLayer] {
    layers.map { layer in
      StoredLayer(
        name: layer.name,
        tensors: layer.tensors.map { tensor in
          guard tensor.shape.rank == 4 else { return tensor }
          return tensor.reading(as: .theanoKernel(isTurned: isTurned))
        })
    }
  }
}

/// What is done to a tensor on the way from a file into a model.
enum TensorTransform: Hashable, Sendable {
  /// From `[out, in, height, width]` to `[height, width, in, out]`, if need be with rows and columns in reverse.
  case theanoKernel(isTurned: Bool)

  var summary: String {
    switch self {
    case .theanoKernel(let isTurned):
      "[out, in, height, width] → [height, width, in, out]" + (isTurned ? ", turned by 180°" : "")
    }
  }

  func shape(_ shape: Shape) -> Shape { [shape[2], shape[3], shape[1], shape[0]] }

  func apply(to tensor: Tensor) -> Tensor {
    guard case .theanoKernel(let isTurned) = self else { return tensor }
    let from = tensor.shape
    let (outputs, inputs, height, width) = (from[0], from[1], from[2], from[3])
    let source = tensor.elements
    var values: [Float] = []
    values.reserveCapacity(source.count)
    for row in 0..<height {
      for column in 0..<width {
        let (y, x) = isTurned ? (height - 1 - row, width - 1 - column) : (row, column)
        for input in 0..<inputs {
          for output in 0..<outputs { values.append(source[((output * inputs + input) * height + y) * width + x]) }
        }
      }
    }
    return Tensor(shape(from), values)
  }
}
