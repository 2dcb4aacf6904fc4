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

  /// Changes every element and those of two other tensors of the same shape, given the elements of a third.
  @inline(__always)
  mutating func update(
    with other: Tensor, _ first: inout Tensor, _ second: inout Tensor,
    _ change: (inout Float, Float, inout Float, inout Float) -> Void
  ) {
    precondition(shape == other.shape && shape == first.shape && shape == second.shape, "\(shape) is updated")
    unsafe withUnsafeMutableElements { elements in
      unsafe first.withUnsafeMutableElements { firsts in
        unsafe second.withUnsafeMutableElements { seconds in
          unsafe other.withUnsafeElements { others in
            for index in elements.indices {
              unsafe change(&elements[index], others[index], &firsts[index], &seconds[index])
            }
          }
        }
      }
    }
  }
}
