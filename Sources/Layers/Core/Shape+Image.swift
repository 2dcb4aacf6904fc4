internal import Tensors

extension Shape {
  /// The extents of one image `[height, width, channels]`, or an error that says which layer wanted one.
  func image(for kind: String) throws(ShapeError) -> (height: Int, width: Int, channels: Int) {
    guard rank == 3 else {
      throw ShapeError("\(kind) takes images [height, width, channels], not \(self)")
    }
    return (self[0], self[1], self[2])
  }
}
