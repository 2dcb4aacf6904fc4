import CKernels
import Synchronization
package import Tensors

/// What batch normalisation must know of a whole batch, taken while a convolution's output, or an image's gradient, is being
/// made: chunk by chunk, from cache instead of from memory. The same chunks in the same order as by themselves: the same bits.
extension Device {
  /// A convolution's output and its `channelMoments`.
  package func convolutionAndMoments(
    _ image: SampleParts, _ kernel: Tensor, _ convolution: SampleConvolution, bias: Tensor? = nil
  ) -> (output: Tensor, moments: (mean: Tensor, variance: Tensor)) {
    let moments = ChunkMoments(
      rows: image.shape[0] * convolution.window.outputPixelCount, channels: convolution.outputChannels)
    precondition(moments.rows > 0, "no moments of \(image.shape)")
    // Every chunk belongs to one work item.
    var taken = unsafe Tensor(uninitialized: moments.shape, in: buffers)
    var output: Tensor?
    writing(&taken) { taken in
      output = self.convolution(image, kernel, convolution, bias: bias) { target in
        RowChunks(rows: moments.rows, columns: moments.channels, chunkRows: moments.chunkRows) {
          [kernels] chunk, _ in moments.take(chunk, of: target.source, into: taken, kernels)
        }
      }
    }
    guard let output else { preconditionFailure("the convolution has an output") }
    return (output, moments.merged(taken))
  }

  /// The gradients of kernel and image, and meanwhile the sums for the normalisation that the image came from.
  package func convolutionGradients(
    _ image: SampleParts?, _ gradient: SampleParts, _ kernel: Tensor, _ convolution: SampleConvolution,
    needsImage: Bool, for sums: GradientSums?
  ) -> (kernel: Tensor?, image: Tensor?) {
    guard needsImage, let sums, let (x, channels, activation) = sums.normalized else {
      return convolutionGradients(image, gradient, kernel, convolution, needsImage: needsImage, watching: nil)
    }
    let (rows, count) = (x.count / channels.count, channels.count)
    precondition(count == convolution.inputChannels, "\(count) channels in front of \(convolution)")
    let chunkRows = Self.chunkRows(count)
    let chunks = (rows + chunkRows - 1) / chunkRows
    var partial = unsafe Tensor(uninitialized: [2, chunks, count], in: buffers)
    var found: (kernel: Tensor?, image: Tensor?) = (nil, nil)
    writing(&partial) { partial in
      reading([x] + channels.tensors) { memory in
        found = convolutionGradients(image, gradient, kernel, convolution, needsImage: true) { target in
          RowChunks(rows: rows, columns: count, chunkRows: chunkRows) { [kernels] chunk, range in
            let offset = range.lowerBound * count
            var n = unsafe activation.kernel(Array(memory[1...]))
            unsafe kernels.table.normalization_sums(
              range.count, count, &n, target.source.address + offset, nil, memory[0].address + offset,
              partial.address + chunk * count, partial.address + (chunks + chunk) * count, nil, nil)
          }
        }
      }
    }
    sums.put(totals(of: partial, chunks: chunks, count: count))
    return found
  }
}

/// The sums over a gradient that batch normalisation needs on its way back, on the way from the step behind it, which makes
/// the gradient and can take them from cache.
package final class GradientSums: Sendable {
  private struct State {
    var normalized: (x: Tensor, channels: NormalizedChannels, activation: NormalizedActivation)?
    var found: (sums: Tensor, products: Tensor)?
  }

  private let state: Mutex<State>

  /// - Parameters:
  ///   - x: what was normalised.
  ///   - activation: whose output has one user, the step behind.
  package init(of x: Tensor, _ channels: NormalizedChannels, _ activation: NormalizedActivation) {
    state = Mutex(State(normalized: (x, channels, activation)))
  }

  fileprivate var normalized: (x: Tensor, channels: NormalizedChannels, activation: NormalizedActivation)? {
    state.withLock { $0.normalized }
  }

  fileprivate func put(_ found: (sums: Tensor, products: Tensor)) { state.withLock { $0.found = found } }

  /// What was found, if the step behind took the sums; afterwards nothing is held any more.
  package func take() -> (sums: Tensor, products: Tensor)? {
    state.withLock { state in
      state.normalized = nil
      return state.found.take()
    }
  }
}
