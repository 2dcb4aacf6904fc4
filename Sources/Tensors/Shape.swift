/// The extents of a tensor, outermost axis first.
///
/// Images are `[batch, height, width, channels]` (NHWC). Where a shape rule speaks of *one sample*, the batch axis is left
/// out: `[height, width, channels]`.
public struct Shape: Hashable, Sendable {
  /// The extents, outermost first.
  public let dimensions: [Int]

  public init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "a shape has no negative extent: \(dimensions)")
    self.dimensions = dimensions
  }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The product of all extents; 1 for a scalar.
  public var elementCount: Int { dimensions.reduce(1, *) }

  /// The extent of an axis; negative indices count from the last.
  public subscript(axis: Int) -> Int { dimensions[axis < 0 ? axis + rank : axis] }

  /// This shape with a batch axis of `count` in front.
  public func batched(_ count: Int) -> Shape { Shape([count] + dimensions) }

  /// This shape without its first axis.
  public var sample: Shape { Shape(Array(dimensions.dropFirst())) }
}

extension Shape: ExpressibleByArrayLiteral {
  public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
  /// `[224, 224, 3]`
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
