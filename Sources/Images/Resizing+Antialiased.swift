import Tensors

extension Resizing {
  /// Pillow's `Image.resize(size, Image.BILINEAR, box)` on 8-bit pixels.
  @unsafe func writeAntialiased(_ image: PixelImage, _ window: Window, into target: UnsafeMutableBufferPointer<Float>) {
    let columns = TriangleFilter(
      source: image.width, from: window.left, length: window.size.width, target: size.width)
    let rows = TriangleFilter(
      source: image.height, from: window.top, length: window.size.height, target: size.height)
    // Rounding between the passes makes their order show. Pillow compares whole pictures, whatever the window.
    let (lostRows, lostColumns) = (image.height - size.height, image.width - size.width)
    let result: PixelImage
    if lostRows > 0 && lostRows > 2 * lostColumns {
      result = columns.scaleColumns(of: rows.scaleRows(of: image, from: 0), rows: 0..<size.height)
    } else {
      let needed = rows.sources
      result = rows.scaleRows(of: columns.scaleColumns(of: image, rows: needed), from: needed.lowerBound)
    }
    // `result` has height × width × channels pixels, as `target` has elements.
    unsafe result.pixels.withUnsafeBufferPointer { pixels in
      for index in pixels.indices { unsafe target[index] = Float(pixels[index]) }
    }
  }
}
