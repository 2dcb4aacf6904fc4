import CKernels

extension KernelSet {
  /// The ways that this set has on this processor, the faster first.
  public var bfloat16Products: [BFloat16Product] {
    guard unsafe table.convolution_rows_dots != nil else { return [.expanded] }
    switch ck_bfloat16() {
    case Int32(CK_FAST_DOTS.rawValue): return [.dots, .expanded]
    case Int32(CK_SLOW_DOTS.rawValue): return [.expanded, .dots]
    default: return [.expanded]
    }
  }

  /// The same as `runPeak` with the instruction that multiplies bfloat16 numbers; nil where there is none.
  public func runBFloat16Peak(rounds: Int) -> Int? {
    guard bfloat16Products.contains(.dots), let sum = unsafe table.peak_dots?(rounds) else { return nil }
    precondition(!sum.isNaN, "a sum of small numbers is a number")
    // Each lane multiplies two pairs.
    return unsafe 2 * rounds * table.peak_operations
  }
}
