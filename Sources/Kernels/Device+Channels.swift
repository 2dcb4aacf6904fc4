import CKernels
public import Tensors

/// Operations per channel, the last axis. Sums run over all other axes, in chunks of rows whose size follows from the
/// number of channels alone, and over the chunks in a fixed tree.
extension Device {
  /// `x * scale + shift`, with a `[channels]` of each.
  public func scaleAndShift(_ x: Tensor, scale: Tensor, shift: Tensor) -> Tensor {
    let channels = x.shape[-1]
    precondition(
      scale.count == channels && shift.count == channels,
      "scale \(scale.shape) and shift \(shift.shape) for \(x.shape)")
    return reading(x) { source in
      making(x.shape) { scaleAndShift(source, count: x.count, scale: scale, shift: shift, into: $0) }
    }
  }

  /// The same for `count` numbers in memory; `target` may be where they are.
  package func scaleAndShift(_ x: Source, count: Int, scale: Tensor, shift: Tensor, into target: Target) {
    let channels = scale.count
    reading(scale, shift) { scale, shift in
      forEachPiece(of: count / max(1, channels), grain: max(1, 8192 / max(1, channels))) { rows in
        let offset = rows.lowerBound * channels
        unsafe kernels.table.scale_and_shift(
          rows.count, channels, x.address + offset, scale.address, shift.address, target.address + offset)
      }
    }
  }

  /// The sum of each channel, `[channels]`: a bias' gradient.
  public func channelSums(_ x: Tensor) -> Tensor {
    sumOfChunks(x) { source, rows, channels, result in
      unsafe kernels.table.column_sums(
        rows.count, channels, source.address + rows.lowerBound * channels, result.address)
    }
  }

  /// The sum of `x * y` of each channel, `[channels]`: the gradient of a scale.
  public func channelSumsOfProducts(_ x: Tensor, _ y: Tensor) -> Tensor {
    precondition(x.shape == y.shape, "no products of \(x.shape) and \(y.shape)")
    return reading(y) { other in
      sumOfChunks(x) { source, rows, channels, result in
        let offset = rows.lowerBound * channels
        unsafe kernels.table.column_sums_of_products(
          rows.count, channels, source.address + offset, other.address + offset, result.address)
      }
    }
  }

  /// The mean and the population variance of each channel, `[channels]` each.
  ///
  /// Two passes over each chunk; the chunks' moments are merged in doubles by the
  /// [formula of Chan, Golub and LeVeque](https://doi.org/10.1007/978-3-642-51461-6_3), so a large mean costs no digits.
  public func channelMoments(_ x: Tensor) -> (mean: Tensor, variance: Tensor) {
    let channels = x.shape[-1]
    let rows = x.count / max(1, channels)
    precondition(rows > 0, "no moments of \(x.shape)")
    let moments = ChunkMoments(rows: rows, channels: channels)
    return moments.merged(
      reading(x) { source in
        making(moments.shape) { target in
          forEach(moments.count) { moments.take($0, of: source, into: target, kernels) }
        }
      })
  }

  /// Rows that are summed in one go: as many as stay in the second-level cache between two passes, and no more than a
  /// thousand, for the rounding error of a sum grows with its length.
  static func chunkRows(_ channels: Int) -> Int { min(1024, max(64, 65536 / max(1, channels))) }

  private func sumOfChunks(
    _ x: Tensor, _ body: @Sendable (_ source: Source, _ rows: Range<Int>, _ channels: Int, _ result: Target) -> Void
  ) -> Tensor {
    let channels = x.shape[-1]
    let rows = x.count / max(1, channels)
    let chunkRows = Self.chunkRows(channels)
    let chunks = max(1, (rows + chunkRows - 1) / chunkRows)
    let partial = reading(x) { source in
      making([chunks, channels]) { target in
        forEach(chunks) { chunk in
          let range = chunk * chunkRows..<min(rows, (chunk + 1) * chunkRows)
          body(source, range, channels, unsafe Target(address: target.address + chunk * channels))
        }
      }
    }
    return sumOfRows(partial, count: chunks, size: channels).reshaped(to: [channels])
  }
}
