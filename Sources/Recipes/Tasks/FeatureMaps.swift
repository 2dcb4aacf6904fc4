internal import Execution
public import Images
public import Kernels
internal import Layers
internal import Tensors

/// A layer's feature maps of one picture, drawn side by side as one picture.
public struct FeatureMaps: Sendable {
  public let layer: String
  /// Height, width and number of the maps.
  public let mapShape: (height: Int, width: Int, count: Int)
  /// The drawing: a heading, then the picture itself and every map in a grid, each numbered by its channel.
  public let sheet: PixelImage

  public init(_ loaded: LoadedModel, of path: String, layer: String, on device: Device) throws {
    let value = try loaded.model.output(of: layer)
    let program = try InferenceProgram(loaded.model, to: [value], inputShapes: [loaded.inputShape], on: device)
    let shape = program.outputShapes[0]
    guard shape.rank == 3 else {
      throw ModelLoadingError(
        "the layer \"\(layer)\" puts out \(shape), not an image-shaped value [height, width, channels]; choose a layer "
          + "before the pooling or flattening")
    }
    let batch = loaded.loader().load([path])
    if let error = batch.skipped.first { throw error }
    let output = program([loaded.preprocessing(batch.images)], on: device)[0]
    self.layer = layer
    mapShape = (shape[0], shape[1], shape[2])
    let kind = loaded.model.instances.first { $0.path == layer }?.layer.kind ?? ""
    sheet =
      ContactSheet(
        title: "\(layer) (\(kind)): \(shape[2]) maps of \(shape[0])×\(shape[1])",
        input: batch.images.reshaped(to: batch.images.shape.sample), maps: output.reshaped(to: shape)
      ).drawing
  }
}
