public import Tensors

/// Copies that cut and paste.
extension Device {
  /// Images with a frame of `value` around them.
  public func padded(
    _ x: Tensor, top: Int, bottom: Int, left: Int, right: Int, value: Float = 0
  ) -> Tensor {
    precondition(x.shape.rank == 4 && min(top, bottom, left, right) >= 0, "no padding around \(x.shape)")
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let shape: Shape = [x.shape[0], top + height + bottom, left + width + right, channels]
    return reading(x) { source in
      making(shape) { target in
        forEachLine(shape) { lines in
          for line in lines {
            let to = unsafe target.address + line * shape[2] * channels
            let y = line % shape[1] - top
            guard y >= 0, y < height else {
              unsafe to.update(repeating: value, count: shape[2] * channels)
              continue
            }
            unsafe to.update(repeating: value, count: left * channels)
            unsafe (to + left * channels).update(
              from: source.address + (line / shape[1] * height + y) * width * channels, count: width * channels)
            unsafe (to + (left + width) * channels).update(repeating: value, count: right * channels)
          }
        }
      }
    }
  }

  /// Images without their outer rows and columns: the gradient of padding.
  public func cropped(_ x: Tensor, top: Int, bottom: Int, left: Int, right: Int) -> Tensor {
    precondition(
      x.shape.rank == 4 && min(top, bottom, left, right) >= 0 && top + bottom <= x.shape[1]
        && left + right <= x.shape[2], "cannot crop (\(top), \(bottom), \(left), \(right)) off \(x.shape)")
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let shape: Shape = [x.shape[0], height - top - bottom, width - left - right, channels]
    return reading(x) { source in
      making(shape) { target in
        forEachLine(shape) { lines in
          for line in lines {
            let from = ((line / shape[1] * height + line % shape[1] + top) * width + left) * channels
            unsafe (target.address + line * shape[2] * channels).update(
              from: source.address + from, count: shape[2] * channels)
          }
        }
      }
    }
  }

  /// Tensors joined along an axis (negative from the last); they agree in all others.
  public func concatenated(_ parts: [Tensor], axis: Int = -1) -> Tensor {
    guard let first = parts.first else { preconditionFailure("nothing to concatenate") }
    let axis = axis < 0 ? axis + first.shape.rank : axis
    precondition(axis >= 0 && axis < first.shape.rank, "no axis \(axis) in \(first.shape)")
    var dimensions = first.shape.dimensions
    dimensions[axis] = 0
    let common = dimensions
    for part in parts {
      var others = part.shape.dimensions
      precondition(others.count == common.count, "cannot join \(part.shape) and \(first.shape)")
      dimensions[axis] += others[axis]
      others[axis] = 0
      precondition(others == common, "cannot join \(part.shape) and \(first.shape) along axis \(axis)")
    }
    let shape = Shape(dimensions)
    let inner = dimensions[(axis + 1)...].reduce(1, *)
    let outer = dimensions[..<axis].reduce(1, *)
    return making(shape) { target in
      var offset = 0
      for part in parts {
        let run = part.shape[axis] * inner
        let start = offset
        reading(part) { source in
          copy(source, rows: outer, run: run, into: target.advanced(by: start), rowStride: shape[axis] * inner)
        }
        offset += run
      }
    }
  }

  /// Copies `rows` rows of `run` numbers that lie one after the other to places `rowStride` apart.
  package func copy(_ source: Source, rows: Int, run: Int, into target: Target, rowStride: Int) {
    forEachPiece(of: rows, grain: max(1, 16384 / max(1, run))) { rows in
      for row in rows {
        unsafe (target.address + row * rowStride).update(from: source.address + row * run, count: run)
      }
    }
  }

  /// A tensor cut along an axis into parts of the given extents: the gradient of concatenation.
  public func split(_ x: Tensor, axis: Int = -1, into sizes: [Int]) -> [Tensor] {
    let axis = axis < 0 ? axis + x.shape.rank : axis
    precondition(
      axis >= 0 && axis < x.shape.rank && sizes.reduce(0, +) == x.shape[axis], "cannot split \(x.shape) into \(sizes)")
    let inner = x.shape.dimensions[(axis + 1)...].reduce(1, *)
    let outer = x.shape.dimensions[..<axis].reduce(1, *)
    let stride = x.shape[axis] * inner
    var offset = 0
    return sizes.map { size in
      var dimensions = x.shape.dimensions
      dimensions[axis] = size
      let (start, run) = (offset, size * inner)
      offset += run
      return reading(x) { source in
        making(Shape(dimensions)) { target in
          forEachPiece(of: outer, grain: max(1, 16384 / max(1, run))) { rows in
            for row in rows {
              unsafe (target.address + row * run).update(from: source.address + row * stride + start, count: run)
            }
          }
        }
      }
    }
  }
}
