/// An array of `Float` with a shape: contiguous, last axis fastest, 64-byte aligned, a value.
///
/// Copies share memory until one of them is written to.
public struct Tensor: Sendable {
  /// The extents, outermost first.
  public let shape: Shape
  private var storage: TensorStorage

  private init(_ shape: Shape, _ storage: TensorStorage) {
    self.shape = shape
    self.storage = storage
  }

  /// A tensor whose elements are whatever was in memory; write every one of them before reading any.
  @unsafe public init(uninitialized shape: Shape, in pool: BufferPool? = nil) {
    self.init(shape, TensorStorage(count: shape.elementCount, pool: pool))
  }

  /// A tensor with the same number everywhere.
  public init(repeating value: Float, _ shape: Shape, in pool: BufferPool? = nil) {
    unsafe self.init(uninitialized: shape, in: pool)
    unsafe storage.block.address.update(repeating: value, count: shape.elementCount)
  }

  /// A tensor of zeros.
  public init(zeros shape: Shape, in pool: BufferPool? = nil) { self.init(repeating: 0, shape, in: pool) }

  /// A tensor with the given elements in order, last axis fastest.
  public init(_ shape: Shape, _ elements: [Float]) {
    precondition(
      shape.elementCount == elements.count, "\(elements.count) elements do not fill a tensor of shape \(shape)")
    unsafe self.init(uninitialized: shape)
    unsafe elements.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      unsafe storage.block.address.update(from: base, count: source.count)
    }
  }

  /// A tensor whose elements `body` writes, all of them.
  @unsafe public init(
    _ shape: Shape, in pool: BufferPool? = nil,
    initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    unsafe self.init(uninitialized: shape, in: pool)
    try unsafe body(UnsafeMutableBufferPointer(start: storage.block.address, count: shape.elementCount))
  }

  /// The number of elements.
  public var count: Int { shape.elementCount }

  /// All elements in order.
  public var elements: [Float] { unsafe withUnsafeElements { unsafe Array($0) } }

  /// The only element of a tensor that has one.
  public var scalar: Float {
    precondition(count == 1, "a tensor of shape \(shape) is no scalar")
    return unsafe withUnsafeElements { unsafe $0[0] }
  }

  /// The same elements in another shape of the same count; no copy.
  public func reshaped(to shape: Shape) -> Tensor {
    precondition(shape.elementCount == count, "cannot reshape \(self.shape) to \(shape)")
    return Tensor(shape, storage)
  }

  /// Whether no other tensor shares this one's memory: then it can be written to without a copy.
  package mutating func hasOneUser() -> Bool { isKnownUniquelyReferenced(&storage) }

  /// Calls `body` with the elements, which stay valid and unchanged until it returns.
  @unsafe public func withUnsafeElements<R, E: Error>(_ body: (UnsafeBufferPointer<Float>) throws(E) -> R) throws(E)
    -> R
  {
    // The storage outlives the call because `self` does.
    defer { withExtendedLifetime(storage) {} }
    return try unsafe body(UnsafeBufferPointer(start: storage.block.address, count: shape.elementCount))
  }

  /// Calls `body` with the elements for writing, after making this tensor the memory's only user.
  @unsafe public mutating func withUnsafeMutableElements<R, E: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(E) -> R
  ) throws(E) -> R {
    if !isKnownUniquelyReferenced(&storage) { storage = storage.copy(count: shape.elementCount) }
    defer { withExtendedLifetime(storage) {} }
    return try unsafe body(UnsafeMutableBufferPointer(start: storage.block.address, count: shape.elementCount))
  }

  /// Calls `body` with the rows `range` of the first axis, in place: what it makes of them is theirs.
  ///
  /// It must not keep them, which is checked: their memory is this tensor's.
  package mutating func withRows(_ range: Range<Int>, _ body: (inout Tensor) -> Void) {
    precondition(shape.rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0], "\(range) of \(shape)")
    let (stride, part) = (shape.sample.elementCount, shape.sample.batched(range.count))
    unsafe withUnsafeMutableElements { elements in
      guard let base = elements.baseAddress else { return }
      let address = unsafe base + range.lowerBound * stride
      weak var lent: TensorStorage?
      do {
        // The memory outlives this storage if nobody keeps it. Only `rows` holds it, so that they are written to in place.
        var rows = unsafe Tensor(part, TensorStorage(lent: address, count: part.elementCount))
        lent = rows.storage
        body(&rows)
        precondition(rows.shape == part, "rows \(part) became \(rows.shape)")
        if unsafe rows.storage.block.address != address {
          unsafe address.update(from: rows.storage.block.address, count: rows.count)
        }
      }
      precondition(lent == nil, "rows of a tensor were kept")
    }
  }

  /// The samples `range` of the first axis, copied.
  public subscript(samples range: Range<Int>) -> Tensor {
    precondition(shape.rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0], "\(range) of \(shape)")
    let stride = shape.sample.elementCount
    let part = unsafe Tensor(uninitialized: shape.sample.batched(range.count))
    unsafe part.storage.block.address.update(
      from: storage.block.address + range.lowerBound * stride, count: range.count * stride)
    return part
  }

  /// The samples at `indices` of the first axis, in that order, copied.
  public func gathering(samples indices: [Int], in pool: BufferPool? = nil) -> Tensor {
    let stride = shape.sample.elementCount
    let part = unsafe Tensor(uninitialized: shape.sample.batched(indices.count), in: pool)
    for (position, index) in indices.enumerated() {
      precondition(index >= 0 && index < shape[0], "sample \(index) of \(shape)")
      unsafe (part.storage.block.address + position * stride).update(
        from: storage.block.address + index * stride, count: stride)
    }
    return part
  }
}

extension Tensor: Equatable {
  /// Whether two tensors have the same shape and the same bits: NaN equals itself, and 0 is not -0.
  public static func == (lhs: Tensor, rhs: Tensor) -> Bool {
    guard lhs.shape == rhs.shape else { return false }
    if lhs.storage === rhs.storage { return true }
    return unsafe lhs.withUnsafeElements { left in
      unsafe rhs.withUnsafeElements { right in
        unsafe UnsafeRawBufferPointer(left).elementsEqual(UnsafeRawBufferPointer(right))
      }
    }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and the first few elements.
  public var description: String {
    let shown = unsafe withUnsafeElements { unsafe $0.prefix(8).map { "\($0)" } }.joined(separator: ", ")
    return "Tensor\(shape)(\(shown)\(count > 8 ? ", …" : ""))"
  }
}
