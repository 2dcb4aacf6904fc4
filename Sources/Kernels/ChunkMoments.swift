import CKernels
import Tensors

/// The moments of each channel, taken chunk by chunk of rows.
struct ChunkMoments: Sendable {
  let rows, channels, chunkRows: Int

  init(rows: Int, channels: Int) {
    (self.rows, self.channels) = (rows, channels)
    chunkRows = Device.chunkRows(channels)
  }

  var count: Int { (rows + chunkRows - 1) / chunkRows }

  /// Of what `take` writes: the means of all chunks, then their sums of squared distances.
  var shape: Shape { [2, count, channels] }

  /// Two passes over a chunk of the rows that begin at `source`.
  func take(_ chunk: Int, of source: Source, into target: Target, _ kernels: KernelSet) {
    let first = chunk * chunkRows
    unsafe kernels.table.column_moments(
      min(chunkRows, rows - first), channels, source.address + first * channels, target.address + chunk * channels,
      target.address + (count + chunk) * channels)
  }

  /// The mean and the population variance of each channel, from the moments of all chunks.
  func merged(_ taken: Tensor) -> (mean: Tensor, variance: Tensor) {
    let moments = taken.elements
    var mean = Array(repeating: 0.0, count: channels)
    var squares = mean
    for chunk in 0..<count {
      let (before, own) = (Double(chunk * chunkRows), Double(min(chunkRows, rows - chunk * chunkRows)))
      let share = own / (before + own)
      for channel in 0..<channels {
        let distance = Double(moments[chunk * channels + channel]) - mean[channel]
        mean[channel] += distance * share
        squares[channel] +=
          Double(moments[(count + chunk) * channels + channel]) + distance * distance * before * share
      }
    }
    return (
      Tensor([channels], mean.map { Float($0) }), Tensor([channels], squares.map { Float($0 / Double(rows)) })
    )
  }
}
