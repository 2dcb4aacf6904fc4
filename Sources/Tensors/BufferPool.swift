import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Recycles the memory of tensors, so that a steady training step asks the operating system for nothing.
///
/// A block goes back to the pool it came from when the last tensor that uses it is gone. Blocks are 64-byte aligned; large ones
/// share one stretch of addresses, the others are kept by size. `trim()` gives everything that is not in use back to the system.
public final class BufferPool: Sendable {
  /// A piece of memory that holds `capacity` floats.
  ///
  /// A block has exactly one owner at any time, a tensor's storage or this pool: sending it is sending ownership. Naming a
  /// block is safe; only reading through its address is not.
  @safe struct Block: @unchecked Sendable {
    let address: UnsafeMutablePointer<Float>
    let capacity: Int
  }

  private struct State {
    var free: [Int: [Block]] = [:]
    var large = LargeBlocks()
    var created = 0
    var bytes = 0
  }

  private let state = Mutex(State())

  public init() {}

  deinit {
    trim()
    // Every block holds on to its pool, so there is none left.
    state.withLock { $0.large.close() }
  }

  /// How often this pool had to ask the system for more. Constant in a steady training step.
  public var createdBlockCount: Int { state.withLock { $0.created + $0.large.growthCount } }

  /// Bytes of what the pool has taken from the system and not given back, in use or free.
  public var byteCount: Int { state.withLock { $0.bytes + $0.large.top } }

  /// Gives all unused blocks back to the system.
  public func trim() {
    state.withLock { state in
      for (capacity, blocks) in state.free {
        state.bytes -= capacity * MemoryLayout<Float>.stride * blocks.count
        for block in blocks { Self.destroy(block) }
      }
      state.free = [:]
      state.large.trim()
    }
  }

  /// Calls `body` with uninitialised memory for `count` floats, valid until it returns.
  @unsafe package func withMemory<R>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> R) -> R {
    let block = take(atLeast: count)
    defer { give(block) }
    return unsafe body(block.address)
  }

  func take(atLeast count: Int) -> Block {
    let capacity = Self.capacity(for: count)
    let recycled = state.withLock { state -> Block? in
      // A large block may be of any size: it is cut from a stretch of addresses.
      let bytes = Self.byteCount(of: count)
      if bytes >= LargeBlocks.least, let memory = unsafe state.large.take(bytes) {
        return unsafe Block(address: memory.bindMemory(to: Float.self, capacity: count), capacity: count)
      }
      if let block = state.free[capacity]?.popLast() { return block }
      state.created += 1
      state.bytes += capacity * MemoryLayout<Float>.stride
      return nil
    }
    return recycled ?? Self.create(capacity)
  }

  func give(_ block: Block) {
    state.withLock { state in
      let bytes = Self.byteCount(of: block.capacity)
      if bytes >= LargeBlocks.least, unsafe state.large.give(UnsafeMutableRawPointer(block.address), bytes) { return }
      state.free[block.capacity, default: []].append(block)
    }
  }

  /// Rounds up to an eighth of the next lower power of two: at most 12.5 % waste, and few distinct sizes.
  static func capacity(for count: Int) -> Int {
    let count = max(count, 64)
    let step = max(64, 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount - 3))
    return (count + step - 1) / step * step
  }

  /// Large blocks lie on pages of this size where the system has them: 1x1 convolutions over images that no cache holds,
  /// which otherwise wait for address translation, then run a third faster.
  private static let hugePage = 1 << 21

  /// The kernels may read a whole vector past the last element, so a block ends with 64 bytes of slack.
  private static func byteCount(of capacity: Int) -> Int {
    (capacity * MemoryLayout<Float>.stride + 64 + 63) / 64 * 64
  }

  static func create(_ capacity: Int) -> Block {
    let byteCount = byteCount(of: capacity)
    let alignment = byteCount >= hugePage ? hugePage : 64
    guard let memory = unsafe aligned_alloc(alignment, (byteCount + alignment - 1) / alignment * alignment) else {
      preconditionFailure("out of memory: \(byteCount) bytes for a tensor")
    }
    #if os(Linux)
      // Whole huge pages only, so that no more memory is touched than with small ones. A refusal costs speed and no more.
      if alignment == hugePage { unsafe madvise(memory, byteCount / hugePage * hugePage, MADV_HUGEPAGE) }
    #endif
    return unsafe Block(address: memory.bindMemory(to: Float.self, capacity: capacity), capacity: capacity)
  }

  static func destroy(_ block: Block) { unsafe free(block.address) }
}
