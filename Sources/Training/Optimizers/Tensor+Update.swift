import Tensors

extension Tensor {
  /// Changes every element, given the elements of another tensor of the same shape.
  @inline(__always)
  mutating func update(with other: Tensor, _ change: (inout Float, Float) -> Void) {
    precondition(shape == other.shape, "\(shape) is updated with \(other.shape)")
    unsafe withUnsafeMutableElements { elements in
      unsafe other.withUnsafeElements { others in
        for index in elements.indices { unsafe change(&elements[index], others[index]) }
      }
    }
  }

  /// Changes every element, given the elements of two other tensors of the same shape.
  @inline(__always)
  mutating func update(with first: Tensor, _ second: Tensor, _ change: (inout Float, Float, Float) -> Void) {
    precondition(shape == first.shape && shape == second.shape, "\(shape) is updated with others")
    unsafe withUnsafeMutableElements { elements in
      unsafe first.withUnsafeElements { firsts in
        unsafe second.withUnsafeElements { seconds in
          for index in elements.indices { unsafe change(&elements[index], firsts[index], seconds[index]) }
        }
      }
    }
  }
}
