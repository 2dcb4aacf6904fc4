public import JSON
public import Kernels
public import Tensors

/// The sum of the products of two tensors along one axis of each, sample by sample: how alike two vectors are, or a product of
/// matrices.
///
/// - Inputs: two, with one extent alike: that of `axes`
/// - Output: what remains of the first and of the second, one after the other; `[1]` for two vectors
///
/// `yᵢⱼ = Σₖ aᵢₖ bₖⱼ`, where i and j stand for all other axes. With `normalize` both are first divided by their Euclidean norm
/// along the axis (but at least 10⁻⁶), which makes the product of two vectors their cosine.
public struct Dot: Layer {
  public static let kind = "Dot"

  /// Which axis of the first and of the second; counts with the batch, 1 being the first of a sample, negative from the last.
  public let axes: [Int]
  public var normalizes = false

  /// - Precondition: two axes, neither of them the batch.
  public init(axes: [Int], normalizes: Bool = false) {
    precondition(axes.count == 2 && !axes.contains(0), "an axis of each of the two inputs is needed, not \(axes)")
    self.axes = axes
    self.normalizes = normalizes
  }

  public init(config: JSONValue) throws(ConfigError) {
    var reader = try ConfigReader(config, of: Self.kind)
    guard let value = reader.value("axes") else {
      throw ConfigError(key: "axes", "\(Self.kind) needs the setting \"axes\"")
    }
    let axes = value.intValue.map { [$0, $0] } ?? (value.arrayValue ?? []).compactMap(\.intValue)
    guard axes.count == 2, !axes.contains(0) else {
      throw ConfigError(
        key: "axes", "expected an axis or two of them, 1 or more or negative (0 is the batch), found \(value.text)")
    }
    self.axes = axes
    normalizes = try reader.bool("normalize", default: false)
    try reader.finish()
  }

  public var config: JSONValue { ["axes": .array(axes.map { .integer($0) }), "normalize": .bool(normalizes)] }

  public func outputShape(for inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 2 else { throw ShapeError("\(Self.kind) takes two inputs, not \(inputs.count)") }
    var rest: [Int] = []
    var extents: [Int] = []
    for (shape, axis) in zip(inputs, axes) {
      let place = Self.place(axis, in: shape)
      guard shape.dimensions.indices.contains(place) else {
        throw ShapeError("axis \(axis) is not one of an input \(shape) (axis 0 is the batch)")
      }
      extents.append(shape[place])
      rest += shape.dimensions.enumerated().filter { $0.offset != place }.map(\.element)
    }
    guard extents[0] == extents[1] else {
      throw ShapeError(
        "\(Self.kind) along axes \(axes) needs one extent, but \(inputs[0]) has \(extents[0]) and \(inputs[1]) has "
          + "\(extents[1])")
    }
    return rest.isEmpty ? [1] : Shape(rest)
  }

  public func multiplyAdds(for inputs: [Shape]) -> Int {
    guard let output = try? outputShape(for: inputs) else { return 0 }
    return output.elementCount * inputs[0][Self.place(axes[0], in: inputs[0])]
  }

  public func callAsFunction(_ inputs: [Tensor], _ parameters: [Tensor], on device: Device) -> Tensor {
    let (a, b) = (Operand(inputs[0], axis: axes[0]), Operand(inputs[1], axis: axes[1]))
    return product(normalizes ? a.normalized() : a, normalizes ? b.normalized() : b)
  }

  public func evaluate(_ inputs: consuming [Tensor], _ parameters: [Tensor], in context: Context) -> Evaluation {
    let whole = (Operand(inputs[0], axis: axes[0]), Operand(inputs[1], axis: axes[1]))
    let (a, b) = normalizes ? (whole.0.normalized(), whole.1.normalized()) : whole
    return Evaluation(output: product(a, b), inputCount: 2, in: context) { dOutput in
      let dOutput = dOutput.elements
      var (da, db) = ([Double](repeating: 0, count: a.numbers.count), [Double](repeating: 0, count: b.numbers.count))
      forEachTerm(a, b) { output, i, j in
        da[i] += Double(dOutput[output]) * b.numbers[j]
        db[j] += Double(dOutput[output]) * a.numbers[i]
      }
      if normalizes { (da, db) = (whole.0.throughNorm(da), whole.1.throughNorm(db)) }
      return [whole.0.tensor(da), whole.1.tensor(db)]
    }
  }

  /// The place of an axis in the shape of a sample.
  private static func place(_ axis: Int, in sample: Shape) -> Int { axis < 0 ? axis + sample.rank : axis - 1 }

  private func product(_ a: Operand, _ b: Operand) -> Tensor {
    var sums = [Double](repeating: 0, count: a.shape[0] * a.rowCount * b.rowCount)
    forEachTerm(a, b) { sums[$0] += a.numbers[$1] * b.numbers[$2] }
    let rest = a.rest + b.rest
    return Tensor(Shape(rest.isEmpty ? [1] : rest).batched(a.shape[0]), sums.map { Float($0) })
  }

  /// Every product of the sum: its place in the output and in either operand.
  private func forEachTerm(_ a: Operand, _ b: Operand, _ body: (Int, Int, Int) -> Void) {
    for sample in 0..<a.shape[0] {
      for i in 0..<a.rowCount {
        for j in 0..<b.rowCount {
          let output = (sample * a.rowCount + i) * b.rowCount + j
          for k in 0..<a.depth { body(output, a.index(sample, i, k), b.index(sample, j, k)) }
        }
      }
    }
  }

  /// An input as rows along the axis that is summed over.
  private struct Operand {
    let shape: Shape
    var numbers: [Double]
    /// The extents of a sample that remain.
    let rest: [Int]
    let depth: Int
    /// Numbers behind the axis, over which it strides.
    private let inner: Int

    var rowCount: Int { rest.reduce(1, *) }

    init(_ tensor: Tensor, axis: Int) {
      shape = tensor.shape
      numbers = tensor.elements.map(Double.init)
      var extents = tensor.shape.sample.dimensions
      let place = Dot.place(axis, in: tensor.shape.sample)
      inner = extents[(place + 1)...].reduce(1, *)
      depth = extents.remove(at: place)
      rest = extents
    }

    func index(_ sample: Int, _ row: Int, _ k: Int) -> Int {
      ((sample * rowCount / inner + row / inner) * depth + k) * inner + row % inner
    }

    func tensor(_ numbers: [Double]) -> Tensor { Tensor(shape, numbers.map { Float($0) }) }

    /// Each row divided by its norm.
    func normalized() -> Operand {
      var result = self
      forEachRow { row in
        let norm = norm(row)
        for i in row { result.numbers[i] /= norm }
      }
      return result
    }

    /// The gradient of the rows from that of the divided ones: `(g − u · (u · g)) / |x|`, where u is the divided row.
    func throughNorm(_ gradient: [Double]) -> [Double] {
      var result = gradient
      forEachRow { row in
        let norm = norm(row)
        let along = row.reduce(0) { $0 + gradient[$1] * numbers[$1] / norm }
        for i in row { result[i] = (gradient[i] - numbers[i] / norm * along) / norm }
      }
      return result
    }

    private func norm(_ row: [Int]) -> Double {
      max(row.reduce(0) { $0 + numbers[$1] * numbers[$1] }.squareRoot(), 1e-6)
    }

    private func forEachRow(_ body: ([Int]) -> Void) {
      for sample in 0..<shape[0] {
        for row in 0..<rowCount { body((0..<depth).map { index(sample, row, $0) }) }
      }
    }
  }
}
