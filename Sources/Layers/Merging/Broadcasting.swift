internal import Tensors

/// How tensors of different shapes meet element by element, as Keras' merging layers let them: extents of 1 are repeated, and
/// a sample of fewer axes gets extents of 1 in front (but behind the batch).
enum Broadcasting {
  /// The common shape of several samples.
  static func shape(of samples: [Shape], in kind: String) throws(ShapeError) -> Shape {
    guard var common = samples.first else { throw ShapeError("\(kind) needs at least one input") }
    for sample in samples.dropFirst() {
      guard let next = shape(common, sample) else {
        throw ShapeError("\(kind) cannot join \(samples.map(\.description).joined(separator: " and "))")
      }
      common = next
    }
    return common
  }

  private static func shape(_ a: Shape, _ b: Shape) -> Shape? {
    let rank = max(a.rank, b.rank)
    var extents: [Int] = []
    for (x, y) in zip(extending(a, to: rank).dimensions, extending(b, to: rank).dimensions) {
      guard x == y || x == 1 || y == 1 else { return nil }
      extents.append(x == 1 ? y : x)
    }
    return Shape(extents)
  }

  /// The shape with extents of 1 in front.
  static func extending(_ shape: Shape, to rank: Int) -> Shape {
    Shape(Array(repeating: 1, count: rank - shape.rank) + shape.dimensions)
  }
}

extension Tensor {
  /// Every sample repeated to fill `sample`.
  func broadcast(to sample: Shape) -> Tensor {
    guard shape.sample != sample else { return self }
    let small = Broadcasting.extending(shape.sample, to: sample.rank).batched(shape[0])
    let large = sample.batched(shape[0])
    return unsafe withUnsafeElements { source in
      unsafe Tensor(large) { target in
        BroadcastWalk(small: small, large: large).run { from, to, count, isRepeated in
          for i in 0..<count { unsafe target[to + i] = source[isRepeated ? from : from + i] }
        }
      }
    }
  }

  /// The way back of `broadcast(to:)`: the sum over everything that was repeated.
  func summed(to sample: Shape) -> Tensor {
    guard shape.sample != sample else { return self }
    let small = Broadcasting.extending(sample, to: shape.rank - 1).batched(shape[0])
    var result = Tensor(zeros: small)
    unsafe withUnsafeElements { source in
      unsafe result.withUnsafeMutableElements { target in
        BroadcastWalk(small: small, large: shape).run { to, from, count, isRepeated in
          if isRepeated {
            // Many numbers into one: in double, so that the order of magnitude of their count is not lost.
            var sum = Double(unsafe target[to])
            for i in 0..<count { sum += Double(unsafe source[from + i]) }
            unsafe target[to] = Float(sum)
          } else {
            for i in 0..<count { unsafe target[to + i] += source[from + i] }
          }
        }
      }
    }
    return result.reshaped(to: sample.batched(shape[0]))
  }
}

/// Walks a large shape in contiguous runs and says where each lies in the small one.
private struct BroadcastWalk {
  let small: Shape
  let large: Shape

  /// - Parameter body: takes the first element in the small and in the large shape, the length of the run in the large one,
  ///   and whether all of it belongs to a single element of the small one.
  func run(_ body: (_ small: Int, _ large: Int, _ count: Int, _ isRepeated: Bool) -> Void) {
    walk(axis: 0, small: 0, large: 0, body)
  }

  private func walk(axis: Int, small from: Int, large to: Int, _ body: (Int, Int, Int, Bool) -> Void) {
    let smallRest = small.dimensions[axis...]
    let largeRest = large.dimensions[axis...]
    let largeCount = largeRest.reduce(1, *)
    if smallRest == largeRest { return body(from, to, largeCount, false) }
    let smallCount = smallRest.reduce(1, *)
    if smallCount == 1 { return body(from, to, largeCount, true) }
    let smallStride = small[axis] == 1 ? 0 : smallCount / small[axis]
    let largeStride = largeCount / large[axis]
    for index in 0..<large[axis] {
      walk(axis: axis + 1, small: from + index * smallStride, large: to + index * largeStride, body)
    }
  }
}
