/// The memory behind a tensor: 64-byte aligned floats with one owner, this object.
///
/// Unchecked Sendable: after a tensor is shared its storage is only read. Writers go through
/// `Tensor.withUnsafeMutableElements`, which makes the reference unique first.
final class TensorStorage: @unchecked Sendable {
  let block: BufferPool.Block
  private let pool: BufferPool?
  /// Whether the memory is another storage's, which outlives this one.
  private let isLent: Bool

  /// Uninitialised memory for `count` floats.
  init(count: Int, pool: BufferPool?) {
    block = pool?.take(atLeast: count) ?? BufferPool.create(BufferPool.capacity(for: count))
    self.pool = pool
    isLent = false
  }

  /// A part of other memory: `count` floats from an address on. This object must not outlive the other.
  @unsafe init(lent address: UnsafeMutablePointer<Float>, count: Int) {
    block = unsafe BufferPool.Block(address: address, capacity: count)
    pool = nil
    isLent = true
  }

  deinit {
    if isLent { return }
    if let pool { pool.give(block) } else { BufferPool.destroy(block) }
  }

  func copy(count: Int) -> TensorStorage {
    let copy = TensorStorage(count: count, pool: pool)
    unsafe copy.block.address.update(from: block.address, count: count)
    return copy
  }
}
