public import Tensors

extension Device {
  /// The same numbers with the axes in another order: axis `i` of the result is axis `order[i]` of `x`.
  public func permuted(_ x: Tensor, order: [Int]) -> Tensor {
    precondition(order.sorted() == Array(0..<x.shape.rank), "no order of the axes of \(x.shape): \(order)")
    let shape = Shape(order.map { x.shape[$0] })
    var step = 1
    var steps = [Int](repeating: 0, count: x.shape.rank)
    for axis in steps.indices.reversed() {
      steps[axis] = step
      step *= x.shape[axis]
    }
    let strides = order.map { steps[$0] }
    guard shape.rank > 1, x.count > 0 else { return x.reshaped(to: shape) }
    let run = shape[-1]
    return reading(x) { source in
      making(shape) { target in
        forEachPiece(of: x.count / run, grain: max(1, 8192 / run)) { rows in
          for row in rows {
            var (rest, offset) = (row, 0)
            for axis in (0..<shape.rank - 1).reversed() {
              offset += rest % shape[axis] * strides[axis]
              rest /= shape[axis]
            }
            let from = unsafe source.address + offset
            let to = unsafe target.address + row * run
            for index in 0..<run { unsafe to[index] = from[index * strides[shape.rank - 1]] }
          }
        }
      }
    }
  }
}
