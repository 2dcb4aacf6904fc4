import Kernels
import Tensors

/// An operation that memory limits: its speed is in bytes read and written.
struct BenchmarkOperation: Sendable {
  let name: String
  /// Tensors of the full size that are read or written.
  let passes: Int
  let run: @Sendable (Device, _ x: Tensor, _ y: Tensor) -> Void

  static let all: [BenchmarkOperation] = [
    BenchmarkOperation(name: "channelMoments", passes: 1) { device, x, _ in _ = device.channelMoments(x) },
    BenchmarkOperation(name: "channelSumsOfProducts", passes: 2) { _ = $0.channelSumsOfProducts($1, $2) },
    BenchmarkOperation(name: "channelSums", passes: 1) { device, x, _ in _ = device.channelSums(x) },
    BenchmarkOperation(name: "scaleAndShift", passes: 2) { device, x, _ in
      let ones = Tensor(repeating: 1, [x.shape[-1]])
      _ = device.scaleAndShift(x, scale: ones, shift: ones)
    },
    BenchmarkOperation(name: "add", passes: 3) { _ = $0.add($1, $2) },
    BenchmarkOperation(name: "relu", passes: 2) { device, x, _ in _ = device.activate(x, .relu()) },
    BenchmarkOperation(name: "relu gradient", passes: 3) { device, x, y in
      _ = device.activationGradient(x, input: nil, output: y, .relu())
    },
    BenchmarkOperation(name: "swish", passes: 2) { device, x, _ in _ = device.activate(x, .swish) },
    BenchmarkOperation(name: "gelu", passes: 2) { device, x, _ in _ = device.activate(x, .gelu()) },
    BenchmarkOperation(name: "max pool 2x2", passes: 1) { device, x, _ in
      _ = Window(
        inputHeight: x.shape[1], inputWidth: x.shape[2], kernelHeight: 2, kernelWidth: 2, strideHeight: 2,
        strideWidth: 2
      ).map { device.maxPooling(x, $0) }
    },
    BenchmarkOperation(name: "globalAveragePooling", passes: 1) { device, x, _ in _ = device.globalAveragePooling(x) },
  ]

  static let shapes: [Shape] = [[64, 32, 32, 16], [64, 16, 16, 64], [8, 56, 56, 256]]

  /// GB/s for each of `shapes`.
  func speeds(on device: Device, _ clock: Stopwatch) -> [Double] {
    Self.shapes.map { shape in
      let numbers = Tensor(shape, RandomKey(seed: 1).normal(shape.elementCount))
      let other = Tensor(shape, RandomKey(seed: 2).normal(shape.elementCount))
      let bytes = Double(passes * shape.elementCount * MemoryLayout<Float>.stride)
      return bytes * 1e-9 / clock.time { run(device, numbers, other) }
    }
  }
}
