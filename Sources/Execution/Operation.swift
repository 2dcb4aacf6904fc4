internal import Kernels
internal import Layers
internal import Tensors

/// One step of a compiled model: a layer, or several fused into one, with its numbers packed for the kernels.
struct Operation: Sendable {
  enum Work: Sendable {
    /// The pixels of the output lie `pixelStride` floats apart.
    case convolution(PackedKernel, pixelStride: Int)
    case depthwise(kernel: Tensor, Window)
    case block(DepthwiseBlock)
    /// A matrix product over the last axis: so many rows an image.
    case dense(PackedMatrix, rows: Int)
    case scaleAndShift(scale: Tensor, shift: Tensor)
    /// Softmax runs over rows of `columns`.
    case activation(ActivationFunction, columns: Int)
    case maxPooling(Window, channels: Int)
    case averagePooling(Window, channels: Int)
    case globalAverage(pixels: Int, channels: Int)
    case sum
    /// Rows of `run` numbers to places `rowStride` apart.
    case copy(rows: Int, run: Int, rowStride: Int)
    /// A layer as it is, over tensors.
    case layer(any Layer, [Tensor], inputShapes: [Shape], outputShape: Shape)
  }

  /// The path of the layer that gave the step its name.
  let name: String
  var work: Work
  var bias: Tensor?
  var activation = FusedActivation.none
  var inputs: [Place]
  /// What is added before the activation.
  var residual: Place?
  var output: Place

  /// Computes `count` images.
  func run(_ count: Int, in memory: Memory, on device: Device) {
    let target = memory.target(output)
    switch work {
    case .convolution(let kernel, let pixelStride):
      withEpilogue(memory) {
        device.convolution(
          source(0, memory), count: count, kernel, into: target, pixelStride: pixelStride, epilogue: $0)
      }
    case .depthwise(let kernel, let window):
      withEpilogue(memory) {
        device.depthwiseConvolution(source(0, memory), count: count, kernel, window, into: target, epilogue: $0)
      }
    case .block(let block):
      device.depthwiseBlock(
        source(0, memory), count: count, block, residual: residual.map { memory.source($0) }, into: target)
    case .dense(let kernel, let rows):
      withEpilogue(memory) {
        device.product(source(0, memory), rows: count * rows, kernel, into: target, epilogue: $0)
      }
    case .scaleAndShift(let scale, let shift):
      device.scaleAndShift(source(0, memory), count: count * output.size, scale: scale, shift: shift, into: target)
    case .activation(let function, let columns):
      device.activate(source(0, memory), count: count * output.size, columns: columns, function, into: target)
    case .maxPooling(let window, let channels):
      device.maxPooling(source(0, memory), count: count, channels: channels, window, into: target)
    case .averagePooling(let window, let channels):
      device.averagePooling(source(0, memory), count: count, channels: channels, window, into: target)
    case .globalAverage(let pixels, let channels):
      device.globalAveragePooling(source(0, memory), count: count, pixels: pixels, channels: channels, into: target)
    case .sum:
      device.add(source(0, memory), source(1, memory), count: count * output.size, into: target)
    case .copy(let rows, let run, let rowStride):
      device.copy(source(0, memory), rows: count * rows, run: run, into: target, rowStride: rowStride)
    case .layer(let layer, let parameters, let inputShapes, let outputShape):
      let tensors = inputs.indices.map { index in
        tensor(source(index, memory), inputShapes[index].batched(count), on: device)
      }
      let result = layer(tensors, parameters, on: device)
      precondition(result.shape == outputShape.batched(count), "\(name) gave \(result.shape) for \(outputShape)")
      reading(result) { device.copy($0, rows: 1, run: result.count, into: target, rowStride: result.count) }
    }
  }

  private func source(_ index: Int, _ memory: Memory) -> Source { memory.source(inputs[index]) }

  private func tensor(_ source: Source, _ shape: Shape, on device: Device) -> Tensor {
    // Every element is written by the copy.
    var tensor = unsafe Tensor(uninitialized: shape, in: device.buffers)
    let count = tensor.count
    writing(&tensor) { device.copy(source, rows: 1, run: count, into: $0, rowStride: count) }
    return tensor
  }

  private func withEpilogue(_ memory: Memory, _ body: (KernelEpilogue) -> Void) {
    let residual = residual.map { memory.source($0) }
    guard let bias else { return body(KernelEpilogue(residual: residual, activation: activation)) }
    reading(bias) { body(KernelEpilogue(bias: $0, residual: residual, activation: activation)) }
  }

  /// Multiply-adds for one image.
  var multiplyAdds: Int {
    switch work {
    case .convolution(let kernel, _): kernel.geometry.multiplyAdds
    case .depthwise(let kernel, let window): window.outputHeight * window.outputWidth * kernel.count
    case .block(let block): block.multiplyAdds
    case .dense(let kernel, let rows): rows * kernel.rows * kernel.columns
    default: 0
    }
  }

  /// What it costs to go through the parameters once, in floats.
  var weightCost: Int {
    if case .convolution(let kernel, _) = work { kernel.passCost } else { weightCount }
  }

  /// Floats of the parameters.
  var weightCount: Int {
    let own =
      switch work {
      case .convolution(let kernel, _): kernel.floatCount
      case .depthwise(let kernel, _): kernel.count
      case .block(let block): block.floatCount
      case .dense(let kernel, _): kernel.floatCount
      case .scaleAndShift(let scale, let shift): scale.count + shift.count
      case .layer(_, let parameters, _, _): parameters.reduce(0) { $0 + $1.count }
      default: 0
      }
    return own + (bias?.count ?? 0)
  }
}
