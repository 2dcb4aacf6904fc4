public import JSON
public import Kernels
public import Tensors

/// Gives each sample another shape of the same number of elements, in the same order.
///
/// - Input: `[batch, …]`
/// - Output: `[batch] + targetShape`, where one extent may be −1: whatever is left over for it.
public struct Reshape: UnaryLayer {
  public static let kind = "Reshape"

  /// The extents of one sample; −1 at most once.
  public let targetShape: [Int]

  /// - Precondition: no extent below −1, and −1 at most once.
  public init(targetShape: [Int]) {
    precondition(Self.isPossible(targetShape), "no shape: \(targetShape)")
    self.targetShape = targetShape
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    guard let value = reader.value("target_shape") else {
      throw ConfigError(key: "target_shape", "\(Self.kind) needs the setting \"target_shape\"")
    }
    let extents = value.arrayValue?.compactMap(\.intValue)
    guard let extents, extents.count == value.arrayValue?.count, Self.isPossible(extents) else {
      throw ConfigError(
        key: "target_shape", "expected a list of extents above 0, one of which may be -1, found \(value.text)")
    }
    targetShape = extents
    try reader.finish()
  }

  public var config: JSONValue { ["target_shape": .array(targetShape.map { .integer($0) })] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let known = targetShape.filter { $0 >= 0 }.reduce(1, *)
    let isOpen = targetShape.contains(-1)
    guard isOpen ? known > 0 && input.elementCount.isMultiple(of: known) : input.elementCount == known else {
      throw ShapeError("\(input.elementCount) elements of \(input) do not fill the shape \(targetShape)")
    }
    return Shape(targetShape.map { $0 < 0 ? input.elementCount / known : $0 })
  }

  public func callAsFunction(_ input: Tensor, _ parameters: [Tensor], on device: Device) -> Tensor {
    let sample = input.shape.sample
    let known = targetShape.filter { $0 >= 0 }.reduce(1, *)
    return input.reshaped(
      to: Shape(targetShape.map { $0 < 0 ? sample.elementCount / known : $0 }).batched(input.shape[0]))
  }

  public func evaluate(_ input: consuming Tensor, _ parameters: [Tensor], in context: Context) -> Evaluation {
    let shape = input.shape
    return Evaluation(output: self(input, parameters, on: context.device), in: context) { dOutput in
      dOutput.reshaped(to: shape)
    }
  }

  private static func isPossible(_ extents: [Int]) -> Bool {
    extents.allSatisfy { $0 == -1 || $0 > 0 } && extents.count { $0 == -1 } <= 1
  }
}
