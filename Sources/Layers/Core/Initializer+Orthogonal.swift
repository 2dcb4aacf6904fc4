internal import Tensors

extension Initializer {
  /// A kernel whose last axis indexes its columns, with orthonormal columns, or rows where there are more columns than rows:
  /// Gram–Schmidt on normal numbers, in `Double`, twice over so that rounding leaves no angle.
  static func orthogonal(_ shape: Shape, gain: Float, _ key: RandomKey) -> Tensor {
    let columns = max(1, shape.dimensions.last ?? 1)
    let rows = shape.elementCount / columns
    let isTall = rows >= columns
    let (vectorCount, length) = isTall ? (columns, rows) : (rows, columns)
    let numbers = key.normal(shape.elementCount)
    var vectors: [[Double]] = []
    for index in 0..<vectorCount {
      var vector = numbers[(index * length)..<((index + 1) * length)].map(Double.init)
      for _ in 0..<2 {
        for other in vectors {
          let share = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
          for position in vector.indices { vector[position] -= share * other[position] }
        }
      }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      vectors.append(vector.map { $0 / norm })
    }
    let elements = (0..<shape.elementCount).map { place -> Float in
      let (row, column) = (place / columns, place % columns)
      return gain * Float(isTall ? vectors[column][row] : vectors[row][column])
    }
    return Tensor(shape, elements)
  }
}
