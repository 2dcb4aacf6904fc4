public import JSON
public import Kernels
public import Tensors

/// Puts its inputs side by side along one axis: the branches of an Inception or fire module meet in the channels.
///
/// - Inputs: two or more, alike in all extents but that of `axis`
/// - Output: the same, with the sum of the extents along `axis`
public struct Concatenate: Layer {
  public static let kind = "Concatenate"

  /// Counts with the batch: 1 is the height and 3 the channels of an image; negative from the last, −1 the channels.
  public let axis: Int

  /// - Precondition: `axis` is not 0, the batch.
  public init(axis: Int = -1) {
    precondition(axis != 0, "samples of a batch are not concatenated")
    self.axis = axis
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    axis = try reader.int("axis", default: -1)
    guard axis != 0 else { throw ConfigError(key: "axis", "axis 0 is the batch; samples are not concatenated") }
    try reader.finish()
  }

  public var config: JSONValue { ["axis": .integer(axis)] }

  public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
    guard let first = inputs.first else { throw ShapeError("\(Self.kind) needs at least one input") }
    let position = axis < 0 ? axis + first.rank : axis - 1
    guard (0..<first.rank).contains(position) else {
      throw ShapeError("axis \(axis) is not one of an input \(first) (axis 0 is the batch)")
    }
    var extents = first.dimensions
    for shape in inputs.dropFirst() {
      var others = shape.dimensions
      guard shape.rank == first.rank else {
        throw ShapeError("\(Self.kind) cannot join \(inputs.map(\.description).joined(separator: " and "))")
      }
      extents[position] += shape.dimensions[position]
      others[position] = extents[position]
      guard others == extents else {
        throw ShapeError(
          "\(Self.kind) along axis \(axis) cannot join \(inputs.map(\.description).joined(separator: " and "))")
      }
    }
    return Shape(extents)
  }

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    device.concatenated(inputs, axis: axis < 0 ? axis + inputs[0].shape.rank : axis)
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let position = axis < 0 ? axis + inputs[0].shape.rank : axis
    let extents = inputs.map { $0.shape[position] }
    let device = context.device
    return Evaluation(
      output: self(inputs, parameters, on: device), inputCount: extents.count, in: context
    ) { dOutput in
      device.split(dOutput, axis: position, into: extents)
    }
  }
}
