import Kernels
import Tensors

/// Prints how the ways to multiply bfloat16 numbers do beside the product of floats: kernels packed once, as in inference, then
/// the three products of training, for which they are packed every time, beside the fastest way to compute them with floats.
struct BenchmarkBFloat16 {
  static func run(on device: Device, batch: Int, only text: String, _ clock: Stopwatch) {
    let ways = device.kernels.bfloat16Products
    if let peaks = clock.peaks(device) {
      print(
        "peak of a plain loop: \(BenchmarkKernels.format(peaks.float32)) GFLOP/s of floats, "
          + "\(BenchmarkKernels.format(peaks.bfloat16)) of bfloat16 numbers")
    }
    print("\(device.kernels), \(device.threadCount) threads, batch \(batch); GFLOP/s (times the speed of floats)")
    print(BenchmarkKernels.columns("", ["floats"] + ways.map { "\($0)" }))
    for layer in BenchmarkLayer.all where text == "" || layer.name.contains(text) {
      guard let (image, kernel, geometry) = layer.directProduct(batch: batch) else { continue }
      let plain = device.packed(kernel, geometry)
      line(
        layer.name, 2 * batch * layer.multiplyAdds,
        clock.turns(
          [plain]
            + ways.map {
              device.packed(kernel, geometry, as: $0)
            }
        ) { _ = device.convolution(image, $0, geometry) })
    }
    let weights = Tensor([25088, 4096], RandomKey(seed: 1).normal(25088 * 4096))
    let matrices = [device.packed(weights)] + ways.map { device.packed(weights, as: $0) }
    for rows in [1, 16] where text == "" || "VGG16 dense".contains(text) {
      let image = Tensor([rows, 25088], RandomKey(seed: 2).normal(rows * 25088))
      line(
        "VGG16 dense, \(rows) rows", 2 * rows * weights.count,
        clock.turns(matrices) { _ = device.product(image, $0) })
    }
    training(on: device, batch: batch, only: text, clock)
  }

  private static func training(on device: Device, batch: Int, only text: String, _ clock: Stopwatch) {
    let direct = Device(kernels: device.kernels, threads: device.threadCount, convolution: .direct)
    let devices = [device, direct.training(with: device.kernels.bfloat16Products[0])]
    print(BenchmarkKernels.columns("in training", ["forward", "d image", "d kernel"]))
    func line(_ name: String, _ operations: Int, _ products: [(Device) -> Void]) {
      let cells = products.map { product -> String in
        let seconds = clock.turns(devices, product)
        return BenchmarkKernels.format(Double(operations) * 1e-9 / seconds[1])
          + " (\(BenchmarkKernels.twoDigits(seconds[0] / seconds[1])))"
      }
      print(BenchmarkKernels.columns(name, cells))
    }
    for layer in BenchmarkLayer.all where text == "" || layer.name.contains(text) {
      guard let (image, kernel, g) = layer.product(batch: batch) else { continue }
      let shape: Shape = [batch, g.outputHeight, g.outputWidth, g.outputChannels]
      let gradient = Tensor(shape, RandomKey(seed: 3).normal(shape.elementCount))
      line(
        layer.name, 2 * batch * layer.multiplyAdds,
        [
          { _ = $0.convolution(image, kernel, g) }, { _ = $0.convolutionInputGradient(gradient, kernel, g) },
          { _ = $0.convolutionKernelGradient(image, gradient, g) },
        ])
    }
    let weights = Tensor([25088, 4096], RandomKey(seed: 1).normal(25088 * 4096))
    for rows in [16, 64] where text == "" || "VGG16 dense".contains(text) {
      let x = Tensor([rows, 25088], RandomKey(seed: 2).normal(rows * 25088))
      let gradient = Tensor([rows, 4096], RandomKey(seed: 3).normal(rows * 4096))
      line(
        "VGG16 dense, \(rows) rows", 2 * rows * weights.count,
        [
          { _ = $0.product(x, weights) }, { _ = $0.product(gradient, weights, transposingB: true) },
          { _ = $0.product(x, gradient, transposingA: true) },
        ])
    }
  }

  private static func line(_ name: String, _ operations: Int, _ seconds: [Double]) {
    let cells = seconds.map { seconds -> String in
      BenchmarkKernels.format(Double(operations) * 1e-9 / seconds)
    }
    let ratios = seconds.dropFirst().map { " (\(BenchmarkKernels.twoDigits(seconds[0] / $0)))" }
    print(BenchmarkKernels.columns(name, [cells[0]] + zip(cells.dropFirst(), ratios).map { $0 + $1 }))
  }
}
