/// What the numbers that go into products are rounded to. Sums and results are always float32.
public enum Precision: String, CaseIterable, Hashable, Sendable {
  case float32
  /// The upper half of a float32: the same range, 8 bits of precision. A rounded number lies within 0.4 % of its original.
  case bfloat16
}

/// Which products a device may compute from bfloat16 numbers, in programs compiled for inference.
///
/// Only where that is faster; so it depends on the processor. Convolutions that Winograd's algorithm computes stay in float32
/// everywhere, for it is faster still and does not bear such rounding.
public enum BFloat16Use: Hashable, Sendable {
  case none
  /// Dense layers whose weights no cache holds: half the memory is to be read.
  ///
  /// That is all on processors with AVX512_BF16 that multiply float32 faster: Intel's start a quarter as many of its
  /// instructions as multiply-adds.
  case largeMatrices
  /// All matrix products and convolutions.
  case products
}

/// How bfloat16 numbers are multiplied. The product of two is exact in float32, so the ways differ only in the order of
/// additions.
public enum BFloat16Product: Hashable, Sendable {
  /// As float32 numbers, into which the weights are expanded panel by panel.
  case expanded
  /// By the processor's own instruction (AVX512_BF16).
  case dots
}

extension BFloat16Use: CustomStringConvertible {
  public var description: String {
    switch self {
    case .none: "float32"
    case .largeMatrices: "float32, bfloat16 in dense layers of a million weights or more"
    case .products: "bfloat16"
    }
  }
}

extension KernelSet {
  /// What asking for a precision leads to, in words; nil where it simply works.
  public func note(on precision: Precision) -> String? {
    guard precision == .bfloat16, bfloat16 != .products else { return nil }
    return "bfloat16: \(reasonForFloats); computing in \(bfloat16)"
  }

  /// Why not all products are computed in bfloat16.
  var reasonForFloats: String {
    bfloat16 == .none
      ? "this processor or its kernel set \(name) has no AVX512_BF16"
      : "this processor multiplies float32 numbers faster"
  }

  /// What bfloat16 is good for with this set on this processor.
  public var bfloat16: BFloat16Use {
    if !bfloat16Products.contains(.dots) { return .none }
    return bfloat16Products[0] == .dots ? .products : .largeMatrices
  }
}
