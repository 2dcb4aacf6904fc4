import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct PoolingTests {
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let shape: Shape
    let window: Window

    init(
      _ description: String, _ shape: Shape, pool: (Int, Int), strides: (Int, Int), padding: Window.Padding = .valid
    ) {
      (self.description, self.shape) = (description, shape)
      guard
        let window = Window(
          inputHeight: shape[1], inputWidth: shape[2], kernelHeight: pool.0, kernelWidth: pool.1,
          strideHeight: strides.0, strideWidth: strides.1, padding: padding)
      else { preconditionFailure("\(description): the window does not fit") }
      self.window = window
    }

    /// The places of the image in each window, for each output element in order.
    var places: [[Int]] {
      DoubleTensor.indices(of: [shape[0], window.outputHeight, window.outputWidth, shape[3]]).map { index in
        var places: [Int] = []
        for ky in 0..<window.kernelHeight {
          for kx in 0..<window.kernelWidth {
            let (y, x) = (
              index[1] * window.strideHeight + ky - window.padTop, index[2] * window.strideWidth + kx - window.padLeft
            )
            if (0..<shape[1]).contains(y) && (0..<shape[2]).contains(x) {
              places.append(((index[0] * shape[1] + y) * shape[2] + x) * shape[3] + index[3])
            }
          }
        }
        return places
      }
    }
    var outputShape: Shape { [shape[0], window.outputHeight, window.outputWidth, shape[3]] }
  }

  static let cases = [
    Case("one pixel", [1, 1, 1, 1], pool: (1, 1), strides: (1, 1)),
    Case("2x2", [2, 6, 8, 21], pool: (2, 2), strides: (2, 2)),
    Case("2x2 of an odd image", [2, 7, 5, 3], pool: (2, 2), strides: (2, 2)),
    Case("2x2 of an odd image, same", [2, 7, 5, 3], pool: (2, 2), strides: (2, 2), padding: .same),
    Case("3x3 of stride 2, overlapping", [3, 11, 12, 18], pool: (3, 3), strides: (2, 2)),
    Case("3x3 of stride 2, same", [1, 10, 9, 5], pool: (3, 3), strides: (2, 2), padding: .same),
    Case("3x3 of stride 1, same", [1, 5, 4, 40], pool: (3, 3), strides: (1, 1), padding: .same),
    Case("gaps between windows", [2, 9, 10, 2], pool: (1, 2), strides: (3, 4)),
    Case("the whole image", [2, 4, 5, 6], pool: (4, 5), strides: (4, 5)),
    Case(
      "unequal padding", [1, 6, 5, 7], pool: (3, 2), strides: (2, 1),
      padding: .explicit(top: 2, bottom: 1, left: 0, right: 1)),
  ]

  @Test("A maximum pool and its gradient are what plain loops say", arguments: cases)
  func maximum(_ c: Case) {
    // Few different numbers, so that there are ties: the first of equals gets the gradient.
    let image = Tensor(c.shape, random(c.shape, "image").elements.map { ($0 * 2).rounded() })
    let dOutput = random(c.outputShape, "gradient")
    var (output, gradient) = (DoubleTensor(zeros: c.outputShape), DoubleTensor(zeros: c.shape))
    for (index, places) in c.places.enumerated() {
      var best = places[0]
      for place in places where image.elements[place] > image.elements[best] { best = place }
      output.elements[index] = Double(image.elements[best])
      gradient.elements[best] += Double(dOutput.elements[index])
    }
    for kernels in KernelSet.available {
      let results = devices(kernels).map { device in
        let (pooled, indices) = device.maxPooling(image, c.window)
        return [
          pooled, device.maxPoolingOutput(image, c.window),
          device.maxPoolingGradient(dOutput, indices: indices, c.window),
        ]
      }
      #expect(Closeness.difference(results[0][0], from: output, within: 0, of: "output") == nil, "\(kernels)")
      #expect(results[0][1] == results[0][0], "\(kernels)")
      #expect(Closeness.difference(results[0][2], from: gradient, within: 1e-6, of: "gradient") == nil, "\(kernels)")
      #expect(results.allSatisfy { $0 == results[0] }, "threads change \(kernels)")
    }
  }

  @Test("An average pool and its gradient are what plain loops say", arguments: cases)
  func average(_ c: Case) {
    let (image, dOutput) = (random(c.shape, "image"), random(c.outputShape, "gradient"))
    var (output, gradient) = (DoubleTensor(zeros: c.outputShape), DoubleTensor(zeros: c.shape))
    for (index, places) in c.places.enumerated() {
      for place in places {
        output.elements[index] += Double(image.elements[place]) / Double(places.count)
        gradient.elements[place] += Double(dOutput.elements[index]) / Double(places.count)
      }
    }
    for kernels in KernelSet.available {
      let results = devices(kernels).map { device in
        [device.averagePooling(image, c.window), device.averagePoolingGradient(dOutput, c.window)]
      }
      #expect(Closeness.difference(results[0][0], from: output, within: 1e-6, of: "output") == nil, "\(kernels)")
      #expect(Closeness.difference(results[0][1], from: gradient, within: 1e-6, of: "gradient") == nil, "\(kernels)")
      #expect(results.allSatisfy { $0 == results[0] }, "threads change \(kernels)")
    }
  }

  @Test(
    "Global pools and their gradients are what plain loops say",
    arguments: [[1, 1, 1, 1], [3, 4, 5, 19], [2, 7, 7, 70]])
  func global(_ size: [Int]) {
    let shape = Shape(size)
    let image = Tensor(shape, random(shape, "image").elements.map { ($0 * 2).rounded() })
    let (batch, pixels, channels) = (size[0], size[1] * size[2], size[3])
    let dOutput = random([batch, channels], "gradient")
    var (mean, maximum) = (DoubleTensor(zeros: [batch, channels]), DoubleTensor(zeros: [batch, channels]))
    var (dMean, dMaximum) = (DoubleTensor(zeros: shape), DoubleTensor(zeros: shape))
    for n in 0..<batch {
      for c in 0..<channels {
        let places = (0..<pixels).map { (n * pixels + $0) * channels + c }
        let numbers = places.map { Double(image.elements[$0]) }
        let gradient = Double(dOutput.elements[n * channels + c])
        mean.elements[n * channels + c] = numbers.reduce(0, +) / Double(pixels)
        let highest = numbers.max() ?? .nan
        maximum.elements[n * channels + c] = highest
        let count = Double(numbers.count { $0 == highest })
        for (place, number) in zip(places, numbers) {
          dMean.elements[place] = gradient / Double(pixels)
          dMaximum.elements[place] = number == highest ? gradient / count : 0
        }
      }
    }
    for kernels in KernelSet.available {
      let device = Device(kernels: kernels, threads: 2)
      let highest = device.globalMaxPooling(image)
      let found = [
        Closeness.difference(device.globalAveragePooling(image), from: mean, within: 1e-6, of: "mean"),
        Closeness.difference(
          device.globalAveragePoolingGradient(dOutput, inputShape: shape), from: dMean, within: 1e-6, of: "dMean"),
        Closeness.difference(highest, from: maximum, within: 0, of: "maximum"),
        Closeness.difference(
          device.globalMaxPoolingGradient(dOutput, input: image, output: highest), from: dMaximum, within: 1e-6,
          of: "dMaximum"),
      ]
      #expect(found.compactMap { $0 } == [], "\(kernels)")
    }
  }
}
