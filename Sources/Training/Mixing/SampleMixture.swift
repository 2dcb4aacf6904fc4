public import Tensors

/// Which sample of a batch is mixed with which, and how much is left of each.
public struct SampleMixture: Hashable, Sendable {
  /// A rectangle of a picture.
  public struct Box: Hashable, Sendable {
    public var rows: Range<Int>
    public var columns: Range<Int>
  }

  /// For each sample the position of the one that it is mixed with; itself for no change.
  public let partners: [Int]
  /// How much is left of each sample, from 0 to 1.
  public let shares: [Float]
  /// What the partner takes of each picture; nil where all pixels are mixed by the share.
  public let boxes: [Box]?

  public init(partners: [Int], shares: [Float], boxes: [Box]? = nil) {
    precondition(
      partners.count == shares.count && boxes.map { $0.count == shares.count } ?? true, "one of each for a sample")
    self.partners = partners
    self.shares = shares
    self.boxes = boxes
  }

  /// Mixes the pictures of a batch, `[batch, height, width, channels]`.
  public func apply(to pictures: inout Tensor) {
    let shape = pictures.shape
    precondition(shape.rank == 4 && shape[0] == partners.count, "\(partners.count) partners for \(shape)")
    let (columns, channels) = (shape[2], shape[3])
    let size = shape.sample.elementCount
    let original = pictures
    unsafe pictures.withUnsafeMutableElements { mixed in
      unsafe original.withUnsafeElements { source in
        for (sample, partner) in partners.enumerated() where partner != sample {
          // Both are positions in the batch, so their elements are there.
          let (own, other) = (sample * size, partner * size)
          if let box = boxes?[sample] {
            for row in box.rows {
              let start = (row * columns + box.columns.lowerBound) * channels
              for index in start..<start + box.columns.count * channels {
                unsafe mixed[own + index] = source[other + index]
              }
            }
          } else {
            let share = shares[sample]
            for index in 0..<size {
              unsafe mixed[own + index] = share * source[own + index] + (1 - share) * source[other + index]
            }
          }
        }
      }
    }
  }

  /// The mixed targets: rows of classes, numbers and weights by the same shares.
  public func apply(to targets: Targets) -> Targets {
    precondition(targets.count == partners.count, "\(partners.count) partners for \(targets.count) samples")
    let weights = targets.weights.map { mixed($0, width: 1) }
    switch targets.kind {
    case .classes(_, let count):
      let rows = mixed(targets.numbers(units: max(2, count)).elements, width: max(2, count))
      return Targets(classShares: Tensor([targets.count, max(2, count)], rows), weights: weights)
    case .values(let values):
      let width = values.count / max(1, targets.count)
      return Targets(.values(Tensor(values.shape, mixed(values.elements, width: width))), weights: weights)
    }
  }

  /// Rows of numbers, each mixed with its partner's.
  private func mixed(_ rows: [Float], width: Int) -> [Float] {
    rows.indices.map { index in
      let (sample, column) = (index / width, index % width)
      return shares[sample] * rows[index] + (1 - shares[sample]) * rows[partners[sample] * width + column]
    }
  }
}

extension Targets {
  /// Classes of which each sample has a share, `[samples, classes]`: what mixing pictures makes of their classes. Where one class
  /// is asked for, it is the one with the largest share, as Keras' accuracy takes it.
  public init(classShares shares: Tensor, weights: [Float]? = nil) {
    let count = shares.shape[1]
    let elements = shares.elements
    let largest = (0..<shares.shape[0]).map { sample in
      (1..<count).reduce(0) { elements[sample * count + $1] > elements[sample * count + $0] ? $1 : $0 }
    }
    self.init(.classes(largest, count: count), weights: weights)
    self.classShares = shares
  }
}
