import CKernels

extension KernelSet {
  /// The ways that this set has on this processor, the faster first.
  package var bfloat16Products: [BFloat16Product] {
    guard unsafe table.convolution_rows_dots != nil else { return [.expanded] }
    switch ck_bfloat16() {
    case Int32(CK_FAST_DOTS.rawValue): return [.dots, .expanded]
    case Int32(CK_SLOW_DOTS.rawValue): return [.expanded, .dots]
    default: return [.expanded]
    }
  }
}
