import Synchronization
public import Tensors

/// Runs a body for every index below a count, perhaps on several threads, and returns when all have run.
public typealias ForEachIndex = (_ count: Int, _ body: @Sendable (Int) -> Void) -> Void

/// Reads pictures and scales them to one size.
public struct ImageLoader: Hashable, Sendable {
  public var resizing: Resizing
  public var mode: ColorMode
  public var limits = DecodingLimits()
  public var orientation = ImageDecoder.OrientationPolicy.applied
  public var decoding = Decoding.exact
  /// For tests.
  package var instructions = PixelInstructions.best

  public init(_ resizing: Resizing, mode: ColorMode = .rgb) {
    self.resizing = resizing
    self.mode = mode
  }

  /// Pictures of `height × width`, scaled as Keras' `image_dataset_from_directory` scales.
  public init(size: Size, mode: ColorMode = .rgb) { self.init(Resizing(size), mode: mode) }

  /// `[height, width, channels]`, the shape of one picture.
  public var sampleShape: Shape { [resizing.size.height, resizing.size.width, mode.channelCount] }

  /// Reads the picture at a path into memory for exactly the elements of one, raw values 0…255. If it cannot be read, what
  /// is in the memory means nothing.
  @unsafe public func read(_ path: String, into target: UnsafeMutableBufferPointer<Float>) throws(ImageError) {
    try unsafe read(FileBytes.read(path), name: path, into: target)
  }

  /// The same from the bytes of a file; `name` stands for it in errors.
  @unsafe public func read(
    _ bytes: [UInt8], name: String, into target: UnsafeMutableBufferPointer<Float>
  ) throws(ImageError) {
    let image = try EncodedImage(bytes, name: name, limits: limits, orientation: orientation)
    try unsafe image.write(resizing, mode: mode, into: target, using: options)
  }

  /// Whether the picture at a path can be read: throws what `read` would throw. It is decoded to its end in the same way, though
  /// neither kept nor scaled.
  public func check(_ path: String) throws(ImageError) {
    let image = try EncodedImage(FileBytes.read(path), name: path, limits: limits, orientation: orientation)
    try image.check(resizing, mode: mode, using: options)
  }

  private var options: DecodingOptions {
    DecodingOptions(decoding: decoding, instructions: instructions)
  }

  /// The pictures that could be read, and those that could not.
  public struct Batch: Sendable {
    /// `[positions.count, height, width, channels]`, raw values 0…255.
    public var images: Tensor
    /// Which of the paths each picture came from, ascending.
    public var positions: [Int]
    /// The pictures that are left out, in the order of the paths.
    public var skipped: [ImageError]
  }

  /// Reads the pictures at `paths`. One that cannot be read stops nothing: it is left out and listed.
  ///
  /// The result does not depend on `forEach`'s order.
  public func load(
    _ paths: [String], in pool: BufferPool? = nil,
    forEach: ForEachIndex = { count, body in for index in 0..<count { body(index) } }
  ) -> Batch {
    let failures = Mutex<[Int: ImageError]>([:])
    let stride = sampleShape.elementCount
    let all = unsafe Tensor(sampleShape.batched(paths.count), in: pool) { elements in
      // Each index writes its own part only, and `forEach` returns after all have been written.
      nonisolated(unsafe) let parts = unsafe elements
      forEach(paths.count) { index in
        let part = unsafe UnsafeMutableBufferPointer(rebasing: parts[(index * stride)..<((index + 1) * stride)])
        do throws(ImageError) {
          try unsafe read(paths[index], into: part)
        } catch {
          unsafe part.initialize(repeating: 0)
          failures.withLock { $0[index] = error }
        }
      }
    }
    let failed = failures.withLock { $0 }
    if failed.isEmpty { return Batch(images: all, positions: Array(paths.indices), skipped: []) }
    let positions = paths.indices.filter { failed[$0] == nil }
    return Batch(
      images: all.gathering(samples: positions, in: pool), positions: positions,
      skipped: paths.indices.compactMap { failed[$0] })
  }
}
