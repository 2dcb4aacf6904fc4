package import Tensors

/// Convolutions and their gradients a few images at a time, each thread its own: what such a group reads is made just before, and
/// what it makes is read at once, in cache.
extension Device {
  /// Whether a convolution runs in groups. Winograd's kernel gradient adds up tiles of the whole batch, and where weights
  /// outweigh the images by far, threads share weights rather than images.
  package func runsInGroups(_ convolution: SampleConvolution) -> Bool {
    switch convolution {
    case .dense(let geometry):
      kernelGradientTile(geometry) == nil && geometry.depth * geometry.outputChannels < 1 << 18
    case .depthwise: true
    }
  }

  /// Convolves images.
  package func convolution(
    _ image: SampleParts, _ kernel: Tensor, _ convolution: SampleConvolution, bias: Tensor? = nil,
    activation: FusedActivation = .none
  ) -> Tensor {
    self.convolution(image, kernel, convolution, bias: bias, activation: activation, watching: nil)
  }

  /// The same with somebody to look at the pixels of the output as they are made.
  func convolution(
    _ image: SampleParts, _ kernel: Tensor, _ convolution: SampleConvolution, bias: Tensor? = nil,
    activation: FusedActivation = .none, watching: ((Target) -> RowChunks)?
  ) -> Tensor {
    if runsInGroups(convolution), let (cut, parts) = convolution.cut {
      let output = self.convolution(
        image.cut(into: parts), kernel, cut, bias: bias, activation: activation, watching: watching)
      let window = convolution.window
      return output.reshaped(
        to: [image.shape[0], window.outputHeight, window.outputWidth, convolution.outputChannels])
    }
    let window = convolution.window
    let packed = packedFor(convolution, kernel)
    return reading(bias) { bias in
      let epilogue = KernelEpilogue(bias: bias, activation: activation)
      return making([image.shape[0], window.outputHeight, window.outputWidth, convolution.outputChannels]) { target in
        let chunks = watching?(target)
        if runsInGroups(convolution) {
          let groups = SampleGroups(batch: image.shape[0], pixels: window.outputPixelCount)
          image.reading { part in
            forEachGroup(groups, scratch: image.isMade ? groups.size * convolution.inputSize : 0) {
              samples, scratch, device in
              let source = part(samples, scratch, device)
              let to = target.advanced(by: samples.lowerBound * convolution.outputSize)
              let made = chunks?.from(samples.lowerBound * window.outputPixelCount)
              if let packed {
                device.convolution(
                  source, count: samples.count, packed, into: to, epilogue: epilogue, made: made)
              } else {
                device.depthwiseConvolution(
                  source, count: samples.count, kernel, window, into: to, epilogue: epilogue, made: made)
              }
            }
          }
        } else if let packed {
          reading(image.whole(on: self)) { source in
            self.convolution(
              source, count: image.shape[0], packed, into: target, epilogue: epilogue, made: chunks?.from(0))
          }
        }
        chunks?.finish(on: self)
      }
    }
  }

  /// The gradients of the kernel, if there is an image, and of the image, if it is wanted.
  package func convolutionGradients(
    _ image: SampleParts?, _ gradient: SampleParts, _ kernel: Tensor, _ convolution: SampleConvolution,
    needsImage: Bool
  ) -> (kernel: Tensor?, image: Tensor?) {
    let found = convolutionGradients(
      image, gradient, kernel, convolution, needsImage: needsImage, adding: nil, watching: nil)
    return (found.kernel, found.image)
  }

  /// - Parameters:
  ///   - known: what the image's gradient is added to where that can be done as it is made.
  ///   - watching: looks at the pixels of the image's gradient as they are made; not where something is to be added later.
  /// - Returns: with what is left to be added.
  func convolutionGradients(
    _ image: SampleParts?, _ gradient: SampleParts, _ kernel: Tensor, _ convolution: SampleConvolution,
    needsImage: Bool, adding known: consuming Tensor?, watching: ((Target) -> RowChunks)?
  ) -> (kernel: Tensor?, image: Tensor?, rest: Tensor?) {
    if runsInGroups(convolution), let (cut, parts) = convolution.cut {
      let found = convolutionGradients(
        image?.cut(into: parts), gradient.cut(into: parts), kernel, cut, needsImage: needsImage,
        adding: known.take()?.cut(into: parts), watching: watching)
      let shape: Shape = [
        gradient.shape[0], convolution.window.inputHeight, convolution.window.inputWidth, convolution.inputChannels,
      ]
      return (found.kernel, found.image?.reshaped(to: shape), found.rest?.reshaped(to: shape))
    }
    let batch = gradient.shape[0]
    let inputPixels = convolution.window.inputHeight * convolution.window.inputWidth
    let shape: Shape = [
      batch, convolution.window.inputHeight, convolution.window.inputWidth, convolution.inputChannels,
    ]
    guard runsInGroups(convolution) else {
      guard case .dense(let geometry) = convolution else { preconditionFailure("depthwise runs in groups") }
      let gradient = gradient.whole(on: self)
      let dKernel = image.map { convolutionKernelGradient($0.whole(on: self), gradient, geometry) }
      guard needsImage else { return (dKernel, nil, known) }
      let packed = packedForInputGradient(kernel, geometry)
      var sum = packed.canAdd ? known.take() : nil
      let (adds, watching) = (sum != nil, known == nil ? watching : nil)
      let dImage = reading(gradient) { gradient in
        makingOrAdding(to: &sum, shape) { target in
          let chunks = watching?(target)
          convolutionInputGradient(
            gradient, count: batch, packed, into: target, adding: adds, made: chunks?.from(0))
          chunks?.finish(on: self)
        }
      }
      return (dKernel, dImage, known)
    }
    let groups = SampleGroups(batch: batch, pixels: convolution.window.outputPixelCount)
    let packed = needsImage ? packedForGradient(convolution, kernel) : nil
    var sum = packed?.canAdd == true ? known.take() : nil
    let (adds, watching) = (sum != nil, known == nil ? watching : nil)
    let gradientSize = gradient.isMade ? groups.size * convolution.outputSize : 0
    let imageSize = image?.isMade == true ? groups.size * convolution.inputSize : 0
    var partial = image.map { _ in unsafe Tensor(uninitialized: [groups.count, kernel.count], in: buffers) }
    func run(_ partial: Target?, _ dImage: Target?, _ chunks: RowChunks?) {
      gradient.reading { gradientPart in
        readingParts(image) { imagePart in
          // A vector may be read past the end of the first.
          forEachGroup(groups, scratch: (gradientSize + 31) / 16 * 16 + imageSize) { samples, scratch, device in
            let dOutput = gradientPart(samples, scratch, device)
            if let partial, let imagePart {
              let source = imagePart(samples, scratch.advanced(by: (gradientSize + 31) / 16 * 16), device)
              device.kernelGradient(
                source, dOutput, count: samples.count, convolution,
                into: partial.advanced(by: samples.lowerBound / groups.size * kernel.count))
            }
            if let dImage, let packed {
              device.imageGradient(
                dOutput, count: samples.count, packed, convolution,
                into: dImage.advanced(by: samples.lowerBound * convolution.inputSize), adding: adds,
                made: chunks?.from(samples.lowerBound * inputPixels))
            }
          }
        }
      }
      chunks?.finish(on: self)
    }
    var dImage: Tensor?
    func runAll(_ partial: Target?) {
      if needsImage {
        dImage = makingOrAdding(to: &sum, shape) { run(partial, $0, watching?($0)) }
      } else {
        run(partial, nil, nil)
      }
    }
    if partial == nil { runAll(nil) } else { writingOptional(&partial) { runAll($0) } }
    let dKernel = partial.map { sumOfRows($0, count: groups.count, size: kernel.count).reshaped(to: kernel.shape) }
    return (dKernel, dImage, known)
  }

  /// A new tensor, or `sum` itself, which `body` adds to.
  private func makingOrAdding(to sum: inout Tensor?, _ shape: Shape, _ body: (Target) -> Void) -> Tensor {
    guard var known = sum.take() else { return making(shape, body) }
    precondition(known.shape == shape, "a gradient of shape \(known.shape) for \(shape)")
    writing(&known, body)
    return known
  }

  private func kernelGradient(
    _ image: Source, _ dOutput: Source, count: Int, _ convolution: SampleConvolution, into target: Target
  ) {
    switch convolution {
    case .dense(let geometry): kernelGradient(image, dOutput, count: count, geometry, into: target)
    case .depthwise(let window, let channels):
      depthwiseKernelGradient(image, dOutput, count: count, window, channels: channels, into: target)
    }
  }

  private func imageGradient(
    _ dOutput: Source, count: Int, _ kernel: PackedForGradient, _ convolution: SampleConvolution, into target: Target,
    adding: Bool, made: MadeRows?
  ) {
    switch kernel {
    case .dense(let packed):
      convolutionInputGradient(dOutput, count: count, packed, into: target, adding: adding, made: made)
    case .depthwise(let kernel):
      depthwiseInputGradient(dOutput, count: count, kernel, convolution.window, into: target, made: made)
    }
  }

  private enum PackedForGradient: Sendable {
    case dense(PackedInputGradient)
    case depthwise(Tensor)

    var canAdd: Bool { if case .dense(let packed) = self { packed.canAdd } else { false } }
  }

  private func packedForGradient(_ convolution: SampleConvolution, _ kernel: Tensor) -> PackedForGradient {
    switch convolution {
    case .dense(let geometry): .dense(packedForInputGradient(kernel, geometry))
    case .depthwise(let window, _): .depthwise(packedForInputGradient(kernel, window))
    }
  }

  private func packedFor(_ convolution: SampleConvolution, _ kernel: Tensor) -> PackedKernel? {
    if case .dense(let geometry) = convolution { packedForStep(kernel, geometry) } else { nil }
  }

  /// Each thread takes groups; with fewer groups than threads all threads share every group.
  private func forEachGroup(
    _ groups: SampleGroups, scratch: Int, _ body: @Sendable (Range<Int>, Target, Device) -> Void
  ) {
    if groups.count >= threadCount {
      let serial = serial
      forEach(groups.count, scratch: scratch + 16) { group, memory in body(groups.range(group), memory, serial) }
    } else {
      unsafe buffers.withMemory(scratch + 16) { memory in
        let memory = unsafe Target(address: memory)
        for group in 0..<groups.count { body(groups.range(group), memory, self) }
      }
    }
  }
}

private func readingParts(
  _ parts: SampleParts?, _ body: ((@Sendable (Range<Int>, Target, Device) -> Source)?) -> Void
) {
  guard let parts else { return body(nil) }
  parts.reading { body($0) }
}

private func writingOptional(_ tensor: inout Tensor?, _ body: (Target) -> Void) {
  guard var taken = tensor.take() else { return }
  writing(&taken, body)
  tensor = taken
}
