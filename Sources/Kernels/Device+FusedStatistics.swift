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

  /// The gradients of kernel and image, the latter added to what other steps gave, and meanwhile the sums for the normalisation
  /// that the image came from.
  package func convolutionGradients(
    _ image: SampleParts?, _ gradient: SampleParts, _ kernel: Tensor, _ convolution: SampleConvolution,
    needsImage: Bool, adding known: consuming Tensor?, for sums: GradientSums?
  ) -> (kernel: Tensor?, image: Tensor?) {
    var found: (kernel: Tensor?, image: Tensor?, rest: Tensor?)
    if needsImage, let sums, let normalized = sums.normalized {
      let taken = ChunkSums(normalized)
      precondition(taken.channels == convolution.inputChannels, "\(taken.channels) channels in front of \(convolution)")
      var partial = unsafe Tensor(uninitialized: taken.shape, in: buffers)
      found = (nil, nil, nil)
      var added = known.take()
      writing(&partial) { partial in
        taken.reading { take in
          found = convolutionGradients(
            image, gradient, kernel, convolution, needsImage: true, adding: added.take()
          ) { target in
            RowChunks(rows: taken.rows, columns: taken.channels, chunkRows: taken.chunkRows) { [kernels] chunk, range in
              take(chunk, range, target, partial, kernels)
            }
          }
        }
      }
      // Where something is still to be added nobody has taken them.
      if found.rest == nil { sums.put(totals(of: partial, chunks: taken.count, count: taken.channels)) }
    } else {
      found = convolutionGradients(
        image, gradient, kernel, convolution, needsImage: needsImage, adding: known, watching: nil)
    }
    guard var sum = found.rest.take() else { return (found.kernel, found.image) }
    guard let dImage = found.image.take() else { return (found.kernel, sum) }
    add(dImage, to: &sum)
    return (found.kernel, sum)
  }
}

/// The sums over a gradient that batch normalisation needs on its way back, on the way from the step behind it, which makes
/// the gradient and can take them from cache.
package final class GradientSums: Sendable {
  /// What the gradient belongs to.
  struct Normalized: Sendable {
    let x: Tensor
    let output: Tensor?
    let channels: NormalizedChannels
    let activation: NormalizedActivation
  }

  private struct State {
    var normalized: Normalized?
    var found: (sums: Tensor, products: Tensor)?
  }

  private let state: Mutex<State>

  /// - Parameters:
  ///   - x: what was normalised.
  ///   - output: the activation's, where something was added before it: then the gradient in front of the activation is left in the
  ///     place of the gradient.
  package init(
    of x: Tensor, output: Tensor?, _ channels: NormalizedChannels, _ activation: NormalizedActivation
  ) {
    state = Mutex(State(normalized: Normalized(x: x, output: output, channels: channels, activation: activation)))
  }

  fileprivate var normalized: Normalized? { state.withLock { $0.normalized } }

  fileprivate func put(_ found: (sums: Tensor, products: Tensor)) { state.withLock { $0.found = found } }

  /// What was found, if the step behind took the sums; afterwards nothing is held any more.
  package func take() -> (sums: Tensor, products: Tensor)? {
    state.withLock { state in
      state.normalized = nil
      return state.found.take()
    }
  }
}

/// The sums of each channel of a gradient, taken chunk by chunk of rows.
private struct ChunkSums {
  let normalized: GradientSums.Normalized
  let rows, channels, chunkRows: Int

  init(_ normalized: GradientSums.Normalized) {
    self.normalized = normalized
    channels = normalized.channels.count
    rows = normalized.x.count / channels
    chunkRows = Device.chunkRows(channels)
  }

  var count: Int { (rows + chunkRows - 1) / chunkRows }

  /// The chunks' sums, then the sums of the products with the normalised numbers.
  var shape: Shape { [2, count, channels] }

  typealias Take = @Sendable (_ chunk: Int, Range<Int>, _ gradient: Target, _ result: Target, KernelSet) -> Void

  func reading(_ body: (@escaping Take) -> Void) {
    let (count, chunks, activation) = (channels, count, normalized.activation)
    Kernels.reading(normalized.output) { output in
      Kernels.reading([normalized.x] + normalized.channels.tensors) { memory in
        body { chunk, range, gradient, result, kernels in
          let offset = range.lowerBound * count
          var n = unsafe activation.kernel(Array(memory[1...]))
          let gradient = gradient.advanced(by: offset)
          unsafe kernels.table.normalization_sums(
            range.count, count, &n, gradient.source.address, output.map { unsafe $0.address + offset },
            memory[0].address + offset, result.address + chunk * count, result.address + (chunks + chunk) * count, nil,
            output == nil ? nil : gradient.address)
        }
      }
    }
  }
}
