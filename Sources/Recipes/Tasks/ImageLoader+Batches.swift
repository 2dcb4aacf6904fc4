internal import Images
internal import Kernels
internal import Tensors

extension ImageLoader {
  /// How many pictures are in memory at once.
  static let batchSize = 32

  /// Reads pictures some at a time, on all threads of a device, and hands over those that can be read.
  ///
  /// - Parameters:
  ///   - first: the first batch, where it has been read already.
  ///   - body: is given the batch, and the place of its first file among all.
  /// - Returns: the pictures that cannot be read, in their order.
  func eachBatch(
    of files: [String], first: Batch? = nil, on device: Device, progress: (_ done: Int, _ count: Int) -> Void,
    _ body: (_ batch: Batch, _ start: Int) throws -> Void
  ) rethrows -> [ImageError] {
    var skipped: [ImageError] = []
    for start in stride(from: 0, to: files.count, by: Self.batchSize) {
      let end = min(files.count, start + Self.batchSize)
      let batch =
        (start == 0 ? first : nil)
        ?? load(Array(files[start..<end]), in: device.buffers) { count, body in device.forEach(count, body) }
      skipped += batch.skipped
      if !batch.positions.isEmpty { try body(batch, start) }
      progress(end, files.count)
    }
    return skipped
  }
}
