public import Kernels
public import Layers
public import Tensors

/// Compares a layer with a reference in doubles: its output, and its gradients with central finite differences of the
/// reference's output.
///
/// ```swift
/// @Test(arguments: KernelSet.available)
/// func denseMatchesReference(_ kernels: KernelSet) {
///   let check = GradientCheck(Dense(units: 3), inputShapes: [[5]]) { inputs, parameters in
///     Reference.dense(inputs[0], parameters[0], parameters[1])
///   }
///   #expect(check.differences(on: kernels) == [])
/// }
/// ```
///
/// The loss is `Σ output · random`. It also checks that nobody computes gradients that were not asked for, that inference
/// gives what evaluation gives, and that in inference a sample's output is the same bits in any batch.
public struct GradientCheck {
  /// Computes the layer's output from inputs (with a batch axis) and parameters.
  public typealias Forward = (_ inputs: [DoubleTensor], _ parameters: [DoubleTensor]) -> DoubleTensor

  public var layer: any Layer
  /// With a batch axis.
  public var inputs: [Tensor]
  public var parameters: [Tensor]
  public var mode: Context.Mode
  /// The error allowed, relative to the largest number of a tensor. A dozen float roundings in a row make 1e-6.
  public var tolerance: Double
  /// The elements of each tensor that finite differences are taken at, spread evenly.
  public var sampledElements: Int
  private let forward: Forward
  private let roles: [ParameterRole]
  private let key: RandomKey

  /// - Parameters:
  ///   - inputShapes: of one sample.
  ///   - inputs: with a batch axis; normal random numbers if nil.
  ///   - parameters: normal random numbers if nil, positive ones for statistics.
  public init(
    _ layer: any Layer, inputShapes: [Shape], batch: Int = 2, inputs: [Tensor]? = nil, parameters: [Tensor]? = nil,
    mode: Context.Mode = .inference, tolerance: Double = 5e-6, sampledElements: Int = 24, seed: UInt64 = 1,
    reference forward: @escaping Forward
  ) {
    self.layer = layer
    self.mode = mode
    self.tolerance = tolerance
    self.sampledElements = sampledElements
    self.forward = forward
    let key = RandomKey(seed: seed)
    self.key = key
    self.inputs =
      inputs
      ?? inputShapes.enumerated().map { index, shape in
        let shape = shape.batched(batch)
        return Tensor(shape, key.folding("input").folding(UInt64(index)).normal(shape.elementCount))
      }
    let specs = layer.parameterSpecs(for: inputShapes)
    roles = specs.map(\.role)
    self.parameters =
      parameters
      ?? specs.map { spec in
        let numbers = key.folding(spec.name).normal(spec.shape.elementCount)
        return Tensor(spec.shape, spec.role == .statistic ? numbers.map { abs($0) + 0.2 } : numbers)
      }
  }

  /// Everything that is not as it should be, in words; empty if all is well.
  public func differences(on kernels: KernelSet) -> [String] {
    let device = Device(kernels: kernels, threads: 1)
    let expected = forward(inputs.map { DoubleTensor($0) }, parameters.map { DoubleTensor($0) })
    var found = shapeDifferences(expected)
    guard found.isEmpty else { return found }
    let weights = Tensor(expected.shape, key.folding("output").normal(expected.shape.elementCount))
    let all = gradients([.inputs, .parameters], weights, expected, device, &found)
    found += differences(of: all, DoubleTensor(weights))
    for needs: GradientNeeds in [.inputs, .parameters, []] {
      let some = gradients(needs, weights, expected, device, &found)
      if some.inputs != (needs.contains(.inputs) ? all.inputs : all.inputs.map { _ in nil }) {
        found.append("input gradients differ where only \(needs) are asked for")
      }
      if some.parameters != (needs.contains(.parameters) ? all.parameters : all.parameters.map { _ in nil }) {
        found.append("parameter gradients differ where only \(needs) are asked for")
      }
    }
    if mode == .inference { found += inferenceDifferences(expected, device) }
    return found.map { "\(kernels.name): \($0)" }
  }

  private func shapeDifferences(_ expected: DoubleTensor) -> [String] {
    do {
      let shape = try layer.outputShape(for: inputs.map(\.shape.sample))
      return shape == expected.shape.sample ? [] : ["outputShape is \(shape), expected \(expected.shape.sample)"]
    } catch { return ["outputShape throws: \(error)"] }
  }

  /// Evaluates the layer, compares its output and takes the way back.
  private func gradients(
    _ needs: GradientNeeds, _ weights: Tensor, _ expected: DoubleTensor, _ device: Device, _ found: inout [String]
  ) -> LayerGradients {
    let context = Context(
      needs: needs, mode: mode, random: key.folding("layer"), sampleIDs: (0..<UInt64(inputs[0].shape[0])).map { $0 },
      device: device)
    let evaluation = layer.evaluate(inputs, parameters, in: context)
    found += [Closeness.difference(evaluation.output, from: expected, within: tolerance, of: "output")].compactMap {
      $0
    }
    if mode == .inference, !evaluation.statistics.isEmpty { found.append("statistics move in inference") }
    return evaluation.pullback(weights)
  }

  private func differences(of gradients: LayerGradients, _ weights: DoubleTensor) -> [String] {
    func loss(_ inputs: [DoubleTensor], _ parameters: [DoubleTensor]) -> Double {
      zip(forward(inputs, parameters).elements, weights.elements).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let inputs = inputs.map { DoubleTensor($0) }
    let parameters = parameters.map { DoubleTensor($0) }
    guard gradients.inputs.count == inputs.count else { return ["\(gradients.inputs.count) input gradients"] }
    guard gradients.parameters.count == parameters.count else {
      return ["\(gradients.parameters.count) parameter gradients for \(parameters.count) parameters"]
    }
    var found: [String] = []
    for index in inputs.indices {
      found += difference(gradients.inputs[index], "gradient of input \(index)", inputs[index]) {
        var moved = inputs
        moved[index] = $0
        return loss(moved, parameters)
      }
    }
    for index in parameters.indices {
      if roles[index] == .statistic {
        if gradients.parameters[index] != nil { found.append("statistic \(index) has a gradient") }
        continue
      }
      found += difference(gradients.parameters[index], "gradient of parameter \(index)", parameters[index]) {
        var moved = parameters
        moved[index] = $0
        return loss(inputs, moved)
      }
    }
    return found
  }

  /// Compares one gradient with finite differences of `loss` around `point`.
  private func difference(
    _ gradient: Tensor?, _ name: String, _ point: DoubleTensor, _ loss: (DoubleTensor) -> Double
  ) -> [String] {
    guard let gradient else { return ["\(name) is missing"] }
    guard gradient.shape == point.shape else { return ["\(name) has the shape \(gradient.shape), not \(point.shape)"] }
    // An odd stride, so that the samples do not fall on one channel.
    let stride = max(1, point.elements.count / sampledElements) | 1
    let sampled = Array(Swift.stride(from: 0, to: point.elements.count, by: stride))
    let step = 1e-5
    let slopes = sampled.map { element in
      var moved = point
      moved.elements[element] = point.elements[element] + step
      let above = loss(moved)
      moved.elements[element] = point.elements[element] - step
      return (above - loss(moved)) / (2 * step)
    }
    let numbers = gradient.elements
    let picked = Tensor([sampled.count], sampled.map { numbers[$0] })
    let problem = Closeness.difference(
      picked, from: DoubleTensor([sampled.count], slopes), within: max(tolerance, 1e-6), scale: 0.1, of: name)
    return [problem].compactMap { $0 }
  }

  private func inferenceDifferences(_ expected: DoubleTensor, _ device: Device) -> [String] {
    let output = layer(inputs, parameters, on: device)
    var found = [Closeness.difference(output, from: expected, within: tolerance, of: "inference")].compactMap { $0 }
    for sample in 0..<inputs[0].shape[0] {
      let alone = layer(inputs.map { $0[samples: sample..<sample + 1] }, parameters, on: device)
      if alone != output[samples: sample..<sample + 1] {
        found.append("sample \(sample) alone gives other bits than in its batch")
      }
    }
    return found
  }
}
