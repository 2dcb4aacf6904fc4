import CKernels
public import Tensors

/// Where each row (or column) of an image comes from: weighted rows of another one.
///
/// The transposed taps say where it goes to, so that a resampling and its gradient are one operation.
public struct ResamplingTaps: Hashable, Sendable {
  public struct Tap: Hashable, Sendable {
    public let source: Int
    public let weight: Float
  }

  /// The rows that go in.
  public let inputCount: Int
  /// For each row that comes out, what it is made of.
  public let taps: [[Tap]]

  public var outputCount: Int { taps.count }

  init(inputCount: Int, taps: [[Tap]]) {
    self.inputCount = inputCount
    self.taps = taps
  }

  /// Each row `factor` times.
  public static func nearest(_ count: Int, factor: Int) -> ResamplingTaps {
    ResamplingTaps(inputCount: count, taps: (0..<count * factor).map { [Tap(source: $0 / factor, weight: 1)] })
  }

  /// Linear between the centres of the rows; outside the outermost centres the nearest one (half-pixel centres, as
  /// `tf.image.resize`).
  public static func bilinear(_ count: Int, factor: Int) -> ResamplingTaps {
    ResamplingTaps(
      inputCount: count,
      taps: (0..<count * factor).map { output in
        let position = (Double(output) + 0.5) / Double(factor) - 0.5
        let first = Int(position.rounded(.down))
        let (low, high) = (max(0, first), min(count - 1, first + 1))
        let weight = Float(position - Double(first))
        if low == high || weight == 0 { return [Tap(source: low, weight: 1)] }
        return [Tap(source: low, weight: 1 - weight), Tap(source: high, weight: weight)]
      })
  }

  /// The way back.
  public var transposed: ResamplingTaps {
    var back = [[Tap]](repeating: [], count: inputCount)
    for (output, sources) in taps.enumerated() {
      for tap in sources { back[tap.source].append(Tap(source: output, weight: tap.weight)) }
    }
    return ResamplingTaps(inputCount: taps.count, taps: back)
  }
}

extension Device {
  /// Images whose rows and columns are weighted sums of those of `image`.
  ///
  /// - Input: `[batch, rows.inputCount, columns.inputCount, channels]`
  /// - Output: `[batch, rows.outputCount, columns.outputCount, channels]`
  public func resampled(_ image: Tensor, rows: ResamplingTaps, columns: ResamplingTaps) -> Tensor {
    precondition(
      image.shape.rank == 4 && image.shape[1] == rows.inputCount && image.shape[2] == columns.inputCount,
      "taps for \(rows.inputCount) × \(columns.inputCount) pixels on \(image.shape)")
    let channels = image.shape[3]
    let shape: Shape = [image.shape[0], rows.outputCount, columns.outputCount, channels]
    let line = columns.inputCount * channels
    return reading(image) { source in
      making(shape) { target in
        forEachPiece(of: shape[0] * shape[1], grain: max(1, 8192 / max(1, shape[2] * channels))) { lines in
          for index in lines {
            let first = unsafe source.address + index / shape[1] * rows.inputCount * line
            for (column, horizontal) in columns.taps.enumerated() {
              let to = unsafe target.address + (index * shape[2] + column) * channels
              var isFirst = true
              for y in rows.taps[index % shape[1]] {
                for x in horizontal {
                  let from = unsafe first + y.source * line + x.source * channels
                  let weight = y.weight * x.weight
                  if isFirst {
                    unsafe kernels.table.scale(channels, weight, from, to)
                  } else {
                    unsafe kernels.table.add_scaled(channels, weight, from, to)
                  }
                  isFirst = false
                }
              }
            }
          }
        }
      }
    }
  }
}
