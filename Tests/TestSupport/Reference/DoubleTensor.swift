public import Tensors

/// An array of `Double` with a shape, read by index: what references compute with.
public struct DoubleTensor: Hashable, Sendable {
  public let shape: Shape
  public var elements: [Double]

  public init(_ shape: Shape, _ elements: [Double]) {
    precondition(shape.elementCount == elements.count, "\(elements.count) elements do not fill \(shape)")
    self.shape = shape
    self.elements = elements
  }

  public init(zeros shape: Shape) { self.init(shape, Array(repeating: 0, count: shape.elementCount)) }

  /// The same numbers, exactly.
  public init(_ tensor: Tensor) { self.init(tensor.shape, tensor.elements.map(Double.init)) }

  /// A tensor whose elements a function of the index gives.
  public init(_ shape: Shape, _ element: ([Int]) -> Double) {
    self.init(shape, Self.indices(of: shape).map(element))
  }

  public subscript(index: [Int]) -> Double {
    get { elements[position(index)] }
    set { elements[position(index)] = newValue }
  }

  public subscript(index: Int...) -> Double {
    get { elements[position(index)] }
    set { elements[position(index)] = newValue }
  }

  /// Every index in order, last axis fastest.
  public var indices: [[Int]] { Self.indices(of: shape) }

  public func map(_ transform: (Double) -> Double) -> DoubleTensor { DoubleTensor(shape, elements.map(transform)) }

  public func reshaped(to shape: Shape) -> DoubleTensor { DoubleTensor(shape, elements) }

  /// The nearest floats.
  public var tensor: Tensor { Tensor(shape, elements.map { Float($0) }) }

  /// Every index of a shape in order, last axis fastest.
  public static func indices(of shape: Shape) -> [[Int]] {
    shape.dimensions.reduce([[]]) { prefixes, extent in
      prefixes.flatMap { prefix in (0..<extent).map { prefix + [$0] } }
    }
  }

  private func position(_ index: [Int]) -> Int {
    precondition(index.count == shape.rank, "index \(index) of \(shape)")
    var position = 0
    for (axis, place) in index.enumerated() {
      precondition(place >= 0 && place < shape[axis], "index \(index) of \(shape)")
      position = position * shape[axis] + place
    }
    return position
  }
}
