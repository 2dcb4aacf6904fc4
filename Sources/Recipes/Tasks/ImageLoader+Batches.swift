internal import Images
internal import Kernels
internal import Tensors

extension ImageLoader {
  /// Reads pictures some at a time, on all threads of a device, and hands over those that can be read.
  ///
  /// - Parameter body: is given the batch, and the place of its first file among all.
  /// - Returns: the pictures that cannot be read, in their order.
  func eachBatch(
    of files: [String], on device: Device, progress: (_ done: Int, _ count: Int) -> Void,
    _ body: (_ batch: Batch, _ start: Int) throws -> Void
  ) rethrows -> [ImageError] {
    var skipped: [ImageError] = []
    let size = 32
    for start in stride(from: 0, to: files.count, by: size) {
      let end = min(files.count, start + size)
      let batch = load(Array(files[start..<end]), in: device.buffers) { count, body in device.forEach(count, body) }
      skipped += batch.skipped
      if !batch.positions.isEmpty { try body(batch, start) }
      progress(end, files.count)
    }
    return skipped
  }
}
