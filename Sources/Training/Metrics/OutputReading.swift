import Tensors

#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// How a model's outputs answer which class or which labels a sample has.
public struct OutputReading: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// One output for each of so many classes, one of which is right.
    case classes(Int)
    /// One output that says yes or no: the second of two classes.
    case binary
    /// One output for each of so many labels, any of which may apply.
    case labels(Int)
  }

  public let kind: Kind
  /// Where an output begins to say yes.
  public let threshold: Float
  /// Whether softmax or sigmoid has yet to be applied.
  public let fromLogits: Bool

  public init(_ kind: Kind, threshold: Float = 0.5, fromLogits: Bool = false) {
    self.kind = kind
    self.threshold = threshold
    self.fromLogits = fromLogits
  }

  /// The number of classes or labels that are told apart.
  public var count: Int {
    switch kind {
    case .classes(let count), .labels(let count): count
    case .binary: 2
    }
  }

  /// The class that a row of outputs names; of equal outputs the first.
  func predictedClass(_ row: ArraySlice<Float>) -> Int {
    if kind == .binary { return row.first.map { $0 > threshold ? 1 : 0 } ?? 0 }
    guard let largest = row.max(), let place = row.firstIndex(of: largest) else { return 0 }
    return place - row.startIndex
  }

  /// Whether an output says that its label applies.
  func applies(_ output: Float) -> Bool { output > threshold }

  /// A number for each class or label that is larger the more likely it is.
  func scores(_ row: ArraySlice<Float>) -> [Double] {
    // Softmax, unlike sigmoid, changes the order of samples: it depends on all outputs of each.
    if case .classes = kind { return probabilities(row) }
    guard kind == .binary, let only = row.first.map(Double.init) else { return row.map(Double.init) }
    return fromLogits ? [-only, only] : [1 - only, only]
  }

  /// The probability of each class or label.
  func probabilities(_ row: ArraySlice<Float>) -> [Double] {
    let outputs = row.map(Double.init)
    switch kind {
    case .classes: return fromLogits ? softmax(outputs) : outputs
    case .labels: return fromLogits ? outputs.map { 1 / (1 + exp(-$0)) } : outputs
    case .binary:
      let yes = fromLogits ? 1 / (1 + exp(-outputs[0])) : outputs[0]
      return [1 - yes, yes]
    }
  }
}

/// The rows of `[samples, units]`, one after the other.
struct OutputRows: Sequence {
  private let elements: [Float]
  private let units: Int

  init(_ outputs: Tensor) {
    elements = outputs.elements
    units = outputs.shape[1]
  }

  func makeIterator() -> some IteratorProtocol<ArraySlice<Float>> {
    stride(from: 0, to: elements.count, by: units).lazy.map { elements[$0..<$0 + units] }.makeIterator()
  }
}

extension Targets {
  /// The class of every sample; traps where there are none.
  var classIndices: [Int] {
    guard case .classes(let classes, _) = kind else { preconditionFailure("classes are asked for, there are numbers") }
    return classes
  }
}
