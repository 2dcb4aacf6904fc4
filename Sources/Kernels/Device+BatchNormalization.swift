import CKernels
package import Tensors

/// Batch normalisation in training, with the residual and the activation behind it: forward in one pass over the images once
/// their moments are known, backward in one or two.
extension Device {
  /// `activation(x · scale + shift + residual)`, with a scale and a shift for each channel.
  package func normalized(
    _ x: Tensor, _ channels: NormalizedChannels, residual: Tensor? = nil, activation: FusedActivation
  ) -> Tensor {
    precondition(x.shape[-1] == channels.count, "\(channels.count) channels for \(x.shape)")
    precondition(residual.map { $0.shape == x.shape } ?? true, "a residual of another shape than \(x.shape)")
    return reading(x) { source in
      reading(residual) { residual in
        reading(channels.scale) { scale in
          reading(channels.shift) { shift in
            let epilogue = KernelEpilogue(bias: shift, residual: residual, activation: activation)
            return making(x.shape) { target in
              forEachPiece(of: x.count / channels.count, grain: max(1, 8192 / channels.count)) { rows in
                let offset = rows.lowerBound * channels.count
                var epilogue = unsafe epilogue.value
                if let residual { unsafe epilogue.residual = residual.address + offset }
                unsafe kernels.table.normalize(
                  rows.count, channels.count, source.address + offset, scale.address, &epilogue, target.address + offset
                )
              }
            }
          }
        }
      }
    }
  }

  /// Takes a gradient back through an activation, in place, and sums it: the way back of a bias and its activation.
  ///
  /// - Parameters:
  ///   - output: what the activation gave; nil if there was none.
  /// - Returns: the sum of each channel, `[channels]`, if it is wanted.
  package func takeBack(
    _ gradient: inout Tensor, throughOutput output: Tensor?, _ activation: NormalizedActivation, summing: Bool
  ) -> Tensor? {
    if activation == .linear { return summing ? channelSums(gradient) : nil }
    return sums(
      of: &gradient, activated: output, x: nil, nil, activation, products: false, writes: true, wants: summing)?
      .sums
  }

  /// Takes a gradient back through an activation and sums it and its products with the normalised numbers: the gradients of
  /// β and γ.
  ///
  /// - Parameters:
  ///   - x: what was normalised.
  ///   - output: what the activation gave, where something was added before it; else its input is computed again.
  ///   - writes: what is left in the place of the gradient.
  /// - Returns: the sums for each channel, `[channels]` each, if they are wanted.
  package func takeBack(
    _ gradient: inout Tensor, through x: Tensor, output: Tensor?, _ channels: NormalizedChannels,
    _ activation: NormalizedActivation, writing writes: NormalizationResult, summing: Bool
  ) -> (sums: Tensor, products: Tensor)? {
    let found = sums(
      of: &gradient, activated: output, x: x, channels, activation, products: summing, writes: writes != .nothing,
      factor: writes == .scaled ? channels.scale : nil, wants: summing)
    return found.flatMap { found in found.products.map { (found.sums, $0) } }
  }

  /// The gradient of batch normalisation's input, `(g · scale + constant) + x̂ · slope`, where g is the gradient taken back
  /// through the activation; in the place of `gradient`.
  package func normalizationGradient(
    _ gradient: inout Tensor, of x: Tensor, _ channels: NormalizedChannels, _ activation: NormalizedActivation,
    constant: Tensor, slope: Tensor
  ) {
    precondition(gradient.shape == x.shape, "a gradient of shape \(gradient.shape) for \(x.shape)")
    let count = x.count
    replacing(&gradient) { source, target in
      reading([x, constant, slope] + channels.tensors) { memory in
        normalizationGradient(
          source, of: memory[0], count: count, channels: Array(memory[3...]), channelCount: channels.count, activation,
          constant: memory[1], slope: memory[2], into: target)
      }
    }
  }

  /// The same for `count` numbers in memory; `channels` are scale, shift, inverse and offset.
  func normalizationGradient(
    _ gradient: Source, of x: Source, count: Int, channels: [Source], channelCount: Int,
    _ activation: NormalizedActivation, constant: Source, slope: Source, into target: Target
  ) {
    forEachPiece(of: count / channelCount, grain: max(1, 8192 / channelCount)) { rows in
      let offset = rows.lowerBound * channelCount
      var n = unsafe activation.kernel(channels)
      unsafe kernels.table.normalization_gradient(
        rows.count, channelCount, &n, gradient.address + offset, x.address + offset, channels[0].address,
        constant.address, slope.address, target.address + offset)
    }
  }

  /// `activation(x · scale + shift)` of `count` numbers in memory.
  func normalize(
    _ x: Source, count: Int, channels: Int, scale: Source, shift: Source, _ activation: NormalizedActivation,
    into target: Target
  ) {
    let epilogue = KernelEpilogue(bias: shift, activation: activation.fused)
    forEachPiece(of: count / channels, grain: max(1, 8192 / channels)) { rows in
      let offset = rows.lowerBound * channels
      var epilogue = unsafe epilogue.value
      unsafe kernels.table.normalize(
        rows.count, channels, x.address + offset, scale.address, &epilogue, target.address + offset)
    }
  }

  private func sums(
    of gradient: inout Tensor, activated: Tensor?, x: Tensor?, _ channels: NormalizedChannels?,
    _ activation: NormalizedActivation, products: Bool, writes: Bool, factor: Tensor? = nil, wants: Bool
  ) -> (sums: Tensor, products: Tensor?)? {
    let count = gradient.shape[-1]
    let rows = gradient.count / max(1, count)
    precondition(activated.map { $0.shape == gradient.shape } ?? true, "an output of another shape than its gradient")
    precondition(x.map { $0.shape == gradient.shape } ?? true, "an input of another shape than its gradient")
    precondition(channels.map { $0.count == count } ?? true, "channels for \(gradient.shape)")
    let chunkRows = Self.chunkRows(count)
    let chunks = max(1, (rows + chunkRows - 1) / chunkRows)
    func run(_ source: Source, _ target: Target?, _ result: Target?) {
      reading(activated) { activated in
        reading(x) { x in
          reading(factor) { factor in
            reading(channels?.tensors ?? []) { memory in
              forEach(chunks) { chunk in
                let range = chunk * chunkRows..<min(rows, (chunk + 1) * chunkRows)
                let offset = range.lowerBound * count
                var n = unsafe activation.kernel(memory)
                let sums = result?.advanced(by: chunk * count)
                let productSums = products ? result?.advanced(by: (chunks + chunk) * count) : nil
                unsafe kernels.table.normalization_sums(
                  range.count, count, &n, source.address + offset, activated.map { unsafe $0.address + offset },
                  x.map { unsafe $0.address + offset }, sums.map { unsafe $0.address },
                  productSums.map { unsafe $0.address }, factor.map { unsafe $0.address },
                  target.map { unsafe $0.address + offset })
              }
            }
          }
        }
      }
    }
    func pass(_ result: Target?) {
      if writes {
        replacing(&gradient) { run($0, $1, result) }
      } else {
        reading(gradient) { run($0, nil, result) }
      }
    }
    guard wants else {
      if writes { pass(nil) }
      return nil
    }
    let partial = making([products ? 2 : 1, chunks, count]) { pass($0) }
    if products { return totals(of: partial, chunks: chunks, count: count) }
    return (sumOfRows(partial, count: chunks, size: count).reshaped(to: [count]), nil)
  }

  /// The sums of two tables of `chunks` rows of `count`, one behind the other.
  func totals(of partial: Tensor, chunks: Int, count: Int) -> (sums: Tensor, products: Tensor) {
    let half = chunks * count
    func total(_ index: Int) -> Tensor {
      let part = reading(partial) { source in
        making([chunks, count]) { unsafe $0.address.update(from: source.address + index * half, count: half) }
      }
      return sumOfRows(part, count: chunks, size: count).reshaped(to: [count])
    }
    return (total(0), total(1))
  }
}

/// A batch normalisation's numbers for each channel.
package struct NormalizedChannels: Sendable {
  /// The output is `x · scale + shift`.
  package let scale, shift: Tensor
  /// The normalised number is `x̂ = x · inverse + offset`.
  package let inverse, offset: Tensor

  /// - Parameters: a number for each channel.
  package init(scale: Tensor, shift: Tensor, inverse: Tensor, offset: Tensor) {
    precondition(
      [shift, inverse, offset].allSatisfy { $0.count == scale.count } && scale.count > 0, "a number for each channel")
    (self.scale, self.shift, self.inverse, self.offset) = (scale, shift, inverse, offset)
  }

  var count: Int { scale.count }
  var tensors: [Tensor] { [scale, shift, inverse, offset] }
}

/// What the sums of a gradient leave in its place.
package enum NormalizationResult: Hashable, Sendable {
  /// What was there.
  case nothing
  /// The gradient in front of the activation.
  case gradient
  /// That times the channel's scale.
  case scaled
}

/// The activations that are taken back together with a normalisation.
package struct NormalizedActivation: Hashable, Sendable {
  package let function: ActivationFunction

  package static let linear = NormalizedActivation(known: .linear)

  private init(known function: ActivationFunction) { self.function = function }

  /// - Returns: nil for those that are not.
  package init?(_ function: ActivationFunction) {
    switch function {
    case .linear, .swish, .hardSwish: break
    case .relu(_, let slope, let threshold) where threshold == 0 && slope >= 0: break
    default: return nil
    }
    self.function = function
  }

  /// Whether the gradient can be taken from the output alone.
  package var needsOutputOnly: Bool {
    if case .relu = function { true } else { function == .linear }
  }

  /// The forward pass.
  package var fused: FusedActivation { FusedActivation(function) ?? .none }

  /// - Parameter channels: scale, shift, inverse and offset, or nothing.
  @unsafe func kernel(_ channels: [Source]) -> ck_normalization {
    var n = unsafe ck_normalization()
    if channels.count == 4 {
      unsafe n.scale = channels[0].address
      unsafe n.shift = channels[1].address
      unsafe n.inverse = channels[2].address
      unsafe n.offset = channels[3].address
    }
    let code = function.code
    unsafe (n.activation, n.parameters) = (code.kind, code.parameters)
    return unsafe n
  }
}
