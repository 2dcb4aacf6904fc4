public import Tensors

/// Where numbers are crunched: a kernel set, the threads to share work with, and the memory to take.
///
/// Every operation of the engine is a method of a device. An operation's result depends on its operands, the kernel set, the
/// algorithm for convolutions and the precision, never on the threads, and an image's outputs never on the batch it came in.
public struct Device: Sendable {
  public let kernels: KernelSet
  /// The threads, or nil if all work happens on the calling one.
  public let pool: WorkerPool?
  /// Where outputs and scratch memory come from.
  public let buffers: BufferPool
  /// How kernels that this device packs are convolved.
  public let convolution: ConvolutionAlgorithm
  /// What programs that are compiled for inference on this device compute from bfloat16 numbers. Nothing else does.
  public let bfloat16: BFloat16Use
  /// How operations on numbers that are not packed, which is what training consists of, multiply bfloat16 numbers; nil if they
  /// multiply float32 numbers.
  public let training: BFloat16Product?

  public init(
    kernels: KernelSet = .best, threads: Int = WorkerPool.processorCount, convolution: ConvolutionAlgorithm = .standard
  ) {
    precondition(threads >= 1, "a device has at least one thread, not \(threads)")
    self.init(
      kernels: kernels, pool: threads > 1 ? WorkerPool(threadCount: threads) : nil, buffers: BufferPool(),
      convolution: convolution, bfloat16: .none, training: nil)
  }

  private init(
    kernels: KernelSet, pool: WorkerPool?, buffers: BufferPool, convolution: ConvolutionAlgorithm,
    bfloat16: BFloat16Use, training: BFloat16Product?
  ) {
    self.kernels = kernels
    self.bfloat16 = bfloat16
    self.training = training
    self.convolution = convolution
    self.pool = pool
    self.buffers = buffers
  }

  /// The same kernels and memory on the calling thread alone: for work that is itself an item of `forEach`.
  public var serial: Device {
    Device(
      kernels: kernels, pool: nil, buffers: buffers, convolution: convolution, bfloat16: bfloat16, training: training)
  }

  /// The same device, whose programs for inference use bfloat16 where asked to and where this processor gains by it.
  public func computing(in precision: Precision) -> Device {
    computing(with: precision == .bfloat16 ? kernels.bfloat16 : .none)
  }

  /// The same with bfloat16 where it is asked for, be it faster or not.
  public func computing(with bfloat16: BFloat16Use) -> Device {
    Device(
      kernels: kernels, pool: pool, buffers: buffers, convolution: convolution, bfloat16: bfloat16, training: training)
  }

  /// The same device, whose training steps multiply bfloat16 numbers so, be it faster or not.
  public func training(with product: BFloat16Product?) -> Device {
    precondition(product.map(kernels.bfloat16Products.contains) ?? true, "\(kernels) has no such way here")
    return Device(
      kernels: kernels, pool: pool, buffers: buffers, convolution: convolution, bfloat16: bfloat16, training: product)
  }

  /// The least precise numbers that inference on this device computes with.
  public var precision: Precision { bfloat16 == .none ? .float32 : .bfloat16 }

  /// The threads that share an operation.
  public var threadCount: Int { pool?.threadCount ?? 1 }

  /// Runs `body` for every index in `0..<count`; which thread runs which is left to chance.
  public func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    if let pool { pool.forEach(count, body) } else { for index in 0..<max(0, count) { body(index) } }
  }

  /// The same with `scratchCount` floats of memory of its own for the thread that runs the index.
  package func forEach(
    _ count: Int, scratch scratchCount: Int, _ body: @Sendable (_ index: Int, _ scratch: Target) -> Void
  ) {
    // One block for all threads: it is the same in every operation, and so each thread finds its part in its caches.
    unsafe buffers.withMemory(count > 0 ? threadCount * scratchCount : 0) { memory in
      let memory = unsafe Target(address: memory)
      if let pool {
        pool.forEach(count) { thread, index in body(index, memory.advanced(by: thread * scratchCount)) }
      } else {
        for index in 0..<max(0, count) { body(index, memory) }
      }
    }
  }

  /// Cuts `0..<count` into pieces of equal size, about four for each thread but none smaller than `grain`, and runs `body`
  /// for each. Only for work where the cuts cannot show in the result.
  func forEachPiece(of count: Int, grain: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let pieces = max(1, min(4 * threadCount, count / max(1, grain)))
    let size = max(1, (count + pieces - 1) / pieces)
    forEach((count + size - 1) / size) { piece in body(piece * size..<min(count, (piece + 1) * size)) }
  }
}
