internal import Kernels
public import Tensors

/// The part of the image that one number of a layer depends on.
///
/// A window of reach `r` over values that each see `f` pixels and lie `d` pixels apart sees `f + (r − 1) · d` pixels; its
/// stride multiplies the distance. See [Computing Receptive Fields](https://distill.pub/2019/computing-receptive-fields/).
public struct ReceptiveField: Hashable, Sendable {
  /// Rows and columns of the image that it sees; nil for all of them.
  public var size: Size?
  /// The distance in pixels between neighbouring values.
  var distance: Size

  /// That of a pixel.
  static let pixel = ReceptiveField(size: Size(1, 1), distance: Size(1, 1))
  /// That of a value that sees the whole image.
  static let everything = ReceptiveField(size: nil, distance: Size(1, 1))

  /// Seen through a window.
  func through(_ window: Window) -> ReceptiveField {
    guard let size else { return .everything }
    let reach = Size(
      (window.kernelHeight - 1) * window.dilationHeight, (window.kernelWidth - 1) * window.dilationWidth)
    return ReceptiveField(
      size: Size(size.height + reach.height * distance.height, size.width + reach.width * distance.width),
      distance: Size(distance.height * window.strideHeight, distance.width * window.strideWidth))
  }

  /// What two values see together.
  func union(_ other: ReceptiveField) -> ReceptiveField {
    guard let size, let more = other.size else { return .everything }
    return ReceptiveField(
      size: Size(max(size.height, more.height), max(size.width, more.width)),
      distance: Size(max(distance.height, other.distance.height), max(distance.width, other.distance.width)))
  }
}

extension Model {
  /// What each value sees of the image, by `ValueID.index`.
  ///
  /// - Parameter shapes: of one sample of every value.
  func receptiveFields(_ shapes: [Shape]) -> [ReceptiveField] {
    var fields = inputs.map { _ in ReceptiveField.pixel }
    for node in nodes {
      let layer = instances[node.instance].layer
      let joined = node.inputs.dropFirst().reduce(fields[node.inputs[0].index]) { $0.union(fields[$1.index]) }
      let isImage = shapes[node.inputs[0].index].rank == 3
      if let window = layer.window(over: shapes[node.inputs[0].index]) {
        fields.append(joined.through(window))
      } else if isImage, layer is any GlobalPooling || shapes[node.output.index].rank != 3 {
        // A value that mixes all places of an image: global pooling, or dense layers behind a flattening.
        fields.append(.everything)
      } else {
        fields.append(joined)
      }
    }
    return fields
  }
}

extension Layer {
  /// The window that the layer slides over an image, if it does such a thing.
  func window(over image: Shape) -> Window? {
    if let layer = self as? any ConvolutionLayer { return layer.window(for: image) }
    if let layer = self as? any WindowPooling, image.rank == 3 { return layer.window(for: image) }
    return nil
  }
}
