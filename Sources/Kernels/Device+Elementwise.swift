import CKernels
public import Tensors

/// Element by element, with the broadcasting of Keras' merge layers: shapes are aligned at their last axes, and an extent
/// of 1 (or a missing one) is repeated.
extension Device {
  public func add(_ x: Tensor, _ y: Tensor) -> Tensor { binary(CK_ADD, x, y) }

  public func subtract(_ x: Tensor, _ y: Tensor) -> Tensor { binary(CK_SUBTRACT, x, y) }

  public func multiply(_ x: Tensor, _ y: Tensor) -> Tensor { binary(CK_MULTIPLY, x, y) }

  public func maximum(_ x: Tensor, _ y: Tensor) -> Tensor { binary(CK_MAXIMUM, x, y) }

  /// `factor * x`
  public func scaled(_ x: Tensor, by factor: Float) -> Tensor {
    reading(x) { source in
      making(x.shape) { target in
        forEachPiece(of: x.count, grain: 16384) { range in
          unsafe kernels.table.scale(
            range.count, factor, source.address + range.lowerBound, target.address + range.lowerBound)
        }
      }
    }
  }

  /// Adds `factor * x` to `y`.
  public func add(_ x: Tensor, scaledBy factor: Float = 1, to y: inout Tensor) {
    precondition(x.shape == y.shape, "cannot add \(x.shape) to \(y.shape)")
    let count = x.count
    writing(&y) { target in
      reading(x) { source in
        forEachPiece(of: count, grain: 16384) { range in
          unsafe kernels.table.add_scaled(
            range.count, factor, source.address + range.lowerBound, target.address + range.lowerBound)
        }
      }
    }
  }

  /// The sum of `count` numbers each in memory; `target` may be where either of them is.
  package func add(_ x: Source, _ y: Source, count: Int, into target: Target) {
    forEachPiece(of: count, grain: 16384) { range in
      let offset = range.lowerBound
      unsafe kernels.table.binary(
        Int32(CK_ADD.rawValue), range.count, x.address + offset, y.address + offset, 1, target.address + offset)
    }
  }

  private func binary(_ operation: ck_binary, _ x: Tensor, _ y: Tensor) -> Tensor {
    let code = Int32(operation.rawValue)
    if x.shape == y.shape {
      return reading(x, y) { left, right in
        making(x.shape) { target in
          forEachPiece(of: x.count, grain: 16384) { range in
            let offset = range.lowerBound
            unsafe kernels.table.binary(
              code, range.count, left.address + offset, right.address + offset, 1, target.address + offset)
          }
        }
      }
    }
    let shape = Self.broadcastShape(x.shape, y.shape)
    // The smaller operand may be repeated along the last axis; to spare the kernels a case, the other is the left one.
    // All operations but the difference commute.
    if shape.rank > 0, Self.extent(x.shape, -1) == 1, shape[-1] != 1 {
      if operation == CK_SUBTRACT { return binary(CK_ADD, scaled(y, by: -1), x) }
      return binary(operation, y, x)
    }
    let run = shape.rank == 0 ? 1 : shape[-1]
    let repeats = y.shape.rank == 0 || y.shape[-1] == 1
    let (leftStrides, rightStrides) = (Self.strides(x.shape, in: shape), Self.strides(y.shape, in: shape))
    let outer = Array(shape.dimensions.dropLast())
    return reading(x, y) { left, right in
      making(shape) { target in
        forEachPiece(of: shape.elementCount / max(1, run), grain: max(1, 8192 / max(1, run))) { rows in
          for row in rows {
            var (rest, a, b) = (row, 0, 0)
            for axis in outer.indices.reversed() {
              let position = rest % outer[axis]
              rest /= outer[axis]
              a += position * leftStrides[axis]
              b += position * rightStrides[axis]
            }
            unsafe kernels.table.binary(
              code, run, left.address + a, right.address + b, repeats ? 0 : 1, target.address + row * run)
          }
        }
      }
    }
  }

  /// The shape two shapes broadcast to.
  public static func broadcastShape(_ x: Shape, _ y: Shape) -> Shape {
    let rank = max(x.rank, y.rank)
    return Shape(
      (0..<rank).map { axis in
        let (a, b) = (extent(x, axis - rank), extent(y, axis - rank))
        precondition(a == b || a == 1 || b == 1, "\(x) and \(y) do not broadcast")
        return a == 1 ? b : a
      })
  }

  /// The extent of an axis counted from the last, 1 if it is missing.
  private static func extent(_ shape: Shape, _ axis: Int) -> Int { -axis <= shape.rank ? shape[axis] : 1 }

  /// Floats from one position to the next of each axis of `target`, 0 where the shape repeats.
  private static func strides(_ shape: Shape, in target: Shape) -> [Int] {
    var strides = Array(repeating: 0, count: target.rank)
    var stride = 1
    for axis in 1..<target.rank + 1 where axis <= shape.rank {
      if shape[-axis] != 1 { strides[target.rank - axis] = stride }
      stride *= shape[-axis]
    }
    return strides
  }
}
