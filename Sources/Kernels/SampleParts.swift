import CKernels
package import Tensors

/// A batch of images that is not in memory as a whole, but can be made a few images at a time, or one that is.
package enum SampleParts: Sendable {
  case tensor(Tensor)
  /// `activation(x · scale + shift)`
  case normalized(Tensor, NormalizedChannels, NormalizedActivation)
  /// The gradient of batch normalisation's input, see `Device.normalizationGradient`.
  case gradient(
    Tensor, of: Tensor, NormalizedChannels, NormalizedActivation, constant: Tensor, slope: Tensor)

  package var shape: Shape {
    switch self {
    case .tensor(let x), .normalized(let x, _, _), .gradient(let x, _, _, _, _, _): x.shape
    }
  }

  /// Whether making a part takes memory.
  var isMade: Bool { if case .tensor = self { false } else { true } }

  /// All images in one tensor.
  package func whole(on device: Device) -> Tensor {
    switch self {
    case .tensor(let x): return x
    case .normalized(let x, let channels, let activation):
      return device.normalized(x, channels, activation: activation.fused)
    case .gradient(var gradient, let x, let channels, let activation, let constant, let slope):
      device.normalizationGradient(&gradient, of: x, channels, activation, constant: constant, slope: slope)
      return gradient
    }
  }

  /// Calls `body` with a function that gives some of the images: from memory, or made on `device` in the scratch memory.
  func reading(_ body: (@escaping @Sendable (Range<Int>, Target, Device) -> Source) -> Void) {
    let size = shape.sample.elementCount
    switch self {
    case .tensor(let x):
      Kernels.reading(x) { source in body { samples, _, _ in source.advanced(by: samples.lowerBound * size) } }
    case .normalized(let x, let channels, let activation):
      Kernels.reading([x, channels.scale, channels.shift]) { memory in
        body { samples, target, device in
          let x = memory[0].advanced(by: samples.lowerBound * size)
          device.normalize(
            x, count: samples.count * size, channels: channels.count, scale: memory[1], shift: memory[2], activation,
            into: target)
          return target.source
        }
      }
    case .gradient(let gradient, let x, let channels, let activation, let constant, let slope):
      Kernels.reading([gradient, x, constant, slope] + channels.tensors) { memory in
        body { samples, target, device in
          let offset = samples.lowerBound * size
          device.normalizationGradient(
            memory[0].advanced(by: offset), of: memory[1].advanced(by: offset), count: samples.count * size,
            channels: Array(memory[4...]), channelCount: channels.count, activation, constant: memory[2],
            slope: memory[3], into: target)
          return target.source
        }
      }
    }
  }
}
