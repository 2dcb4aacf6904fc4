public import JSON
public import Tensors

/// A layer that puts one number per channel in the place of the whole image.
public protocol GlobalPooling: UnaryLayer {
  /// Whether height and width stay as extents of 1.
  var keepsDimensions: Bool { get }

  init(keepsDimensions: Bool)
}

extension GlobalPooling {
  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    let keepsDimensions = try reader.bool("keepdims", default: false)
    try reader.finish()
    self.init(keepsDimensions: keepsDimensions)
  }

  public var config: JSONValue { ["data_format": "channels_last", "keepdims": .bool(keepsDimensions)] }

  public func outputShape(for input: Shape) throws(ShapeError) -> Shape {
    let (height, width, channels) = try input.image(for: Self.kind)
    guard height > 0, width > 0 else { throw ShapeError("\(Self.kind) has nothing to pool in an image of \(input)") }
    return keepsDimensions ? [1, 1, channels] : [channels]
  }

  /// The output's shape with the batch axis.
  func pooledShape(_ input: Shape) -> Shape {
    keepsDimensions ? [input[0], 1, 1, input[3]] : [input[0], input[3]]
  }
}
