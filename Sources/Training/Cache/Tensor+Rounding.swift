import Kernels
import Tensors

extension Target {
  /// Rounds `count` numbers to the nearest of a precision, ties to even.
  func round(_ count: Int, to precision: Precision) {
    guard precision == .bfloat16 else { return }
    for index in 0..<count {
      let value = unsafe address[index]
      // The upper half of a number that is none may be that of infinity.
      let bits = value.isNaN ? value.bitPattern | 0x0040_0000 : value.bitPattern + 0x7FFF + (value.bitPattern >> 16 & 1)
      unsafe address[index] = Float(bitPattern: bits & 0xFFFF_0000)
    }
  }
}

extension Tensor {
  /// With every number rounded to the nearest of a precision.
  consuming func rounded(to precision: Precision) -> Tensor {
    guard precision == .bfloat16 else { return self }
    var rounded = self
    let count = rounded.count
    writing(&rounded) { $0.round(count, to: precision) }
    return rounded
  }
}
