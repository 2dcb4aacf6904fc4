public import JSON
public import Kernels
public import Tensors

/// Puts the axes of each sample into another order.
///
/// - Input: `[batch, …]`
/// - Output: `[batch] + dims.map { input[$0] }`: axis `i` of the output is axis `dims[i]` of the input, the first one of a
///   sample counting as 1, as in Keras.
public struct Permute: UnaryLayer {
  public static let kind = "Permute"

  /// Every number from 1 to the number of a sample's axes, once.
  public let dims: [Int]

  /// - Precondition: `dims` holds every number from 1 to its count.
  public init(dims: [Int]) {
    precondition(Self.isPossible(dims), "no order of axes: \(dims)")
    self.dims = dims
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    guard let value = reader.value("dims") else {
      throw ConfigError(key: "dims", "\(Self.kind) needs the setting \"dims\"")
    }
    let dims = value.arrayValue?.compactMap(\.intValue)
    guard let dims, dims.count == value.arrayValue?.count, Self.isPossible(dims) else {
      throw ConfigError(key: "dims", "expected every number from 1 to the number of axes once, found \(value.text)")
    }
    self.dims = dims
    try reader.finish()
  }

  public var config: JSONValue { ["dims": .array(dims.map { .integer($0) })] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    guard input.rank == dims.count else {
      throw ShapeError("\(Self.kind) orders \(dims.count) axes; \(input) has \(input.rank)")
    }
    return Shape(dims.map { input[$0 - 1] })
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    device.permuted(input, order: [0] + dims)
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let device = context.device
    let order = [0] + dims
    return Evaluation(output: device.permuted(input, order: order), in: context) { dOutput in
      device.permuted(dOutput, order: order.indices.map { axis in order.firstIndex(of: axis) ?? axis })
    }
  }

  private static func isPossible(_ dims: [Int]) -> Bool { !dims.isEmpty && dims.sorted() == Array(1...dims.count) }
}
