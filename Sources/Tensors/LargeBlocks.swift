#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One stretch of addresses from which large blocks are cut, and to which they return.
///
/// A training step needs blocks of many sizes, large ones where images are large, and never all at once: by size alone they would
/// not be used again for one another. A block is taken at the lowest address where it fits, and neighbours that are free are one
/// again, so that what has once been used stays little more than what was in use at the most. Addresses cost nothing; memory
/// is taken from the system when it is written to.
///
/// Unchecked Sendable: it only does sums; who holds a block alone touches its memory.
@safe struct LargeBlocks: @unchecked Sendable {
  /// From so many bytes on a block is large: at most an eighth is lost to whole steps.
  static let least = 1 << 19
  private static let reserved = 1 << 36
  private static let step = 1 << 16

  /// Nil until the first block is wanted, and where the system does not give so many addresses.
  private var base: UnsafeMutableRawPointer?
  private var isRefused = false
  /// Free ranges below `top`, in order; no two touch.
  private var free: [Range<Int>] = []
  /// The bytes that have been used.
  private(set) var top = 0
  /// How often `top` rose.
  private(set) var growthCount = 0

  /// Uninitialised memory, nil if there is none.
  mutating func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let size = (byteCount + Self.step - 1) / Self.step * Self.step
    guard let base = unsafe reserve() else { return nil }
    if let index = free.firstIndex(where: { $0.count >= size }) {
      let start = free[index].lowerBound
      free[index] = start + size..<free[index].upperBound
      if free[index].isEmpty { free.remove(at: index) }
      return unsafe base + start
    }
    // What is free at the end grows.
    let start = free.last.flatMap { $0.upperBound == top ? $0.lowerBound : nil } ?? top
    guard start + size <= Self.reserved else { return nil }
    if start < top { free.removeLast() }
    top = start + size
    growthCount += 1
    return unsafe base + start
  }

  /// Takes a block back; false if it is not from here.
  mutating func give(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    guard let base = unsafe base else { return false }
    let start = unsafe address - base
    guard (0..<Self.reserved).contains(start) else { return false }
    var range = start..<start + (byteCount + Self.step - 1) / Self.step * Self.step
    var index = free.firstIndex { $0.lowerBound > start } ?? free.count
    if index < free.count, free[index].lowerBound == range.upperBound {
      range = range.lowerBound..<free.remove(at: index).upperBound
    }
    if index > 0, free[index - 1].upperBound == range.lowerBound {
      index -= 1
      range = free.remove(at: index).lowerBound..<range.upperBound
    }
    free.insert(range, at: index)
    return true
  }

  /// Gives the memory of all free ranges back to the system.
  mutating func trim() {
    guard let base = unsafe base else { return }
    for range in free { unsafe madvise(base + range.lowerBound, range.count, MADV_DONTNEED) }
    if let last = free.last, last.upperBound == top {
      top = last.lowerBound
      free.removeLast()
    }
  }

  /// Gives the addresses back; no block may be in use.
  mutating func close() {
    if let base = unsafe base { unsafe munmap(base, Self.reserved) }
    unsafe base = nil
  }

  private mutating func reserve() -> UnsafeMutableRawPointer? {
    if unsafe base != nil || isRefused { return unsafe base }
    #if os(Linux)
      let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
      let found = unsafe mmap(nil, Self.reserved, PROT_READ | PROT_WRITE, flags, -1, 0)
      if let found = unsafe found, Int(bitPattern: found) != -1 {
        // A refusal costs speed and no more.
        unsafe madvise(found, Self.reserved, MADV_HUGEPAGE)
        unsafe base = found
      }
    #endif
    isRefused = unsafe base == nil
    return unsafe base
  }
}
