import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Activations")
struct ActivationTests {
  @Test("Every function with a name matches its formula and its slope", arguments: KernelSet.available)
  func named(_ kernels: KernelSet) {
    for (name, function) in ActivationFunction.named {
      for sample: Shape in [[3, 5, 7], [1], [33]] {
        let check = GradientCheck(Activation(function), inputShapes: [sample], batch: 3) { inputs, _ in
          Reference.activation(function, inputs[0])
        }
        #expect(check.differences(on: kernels) == [], "\(name) on \(sample)")
      }
    }
  }

  @Test("The layers with settings match their formulas", arguments: KernelSet.available)
  func layers(_ kernels: KernelSet) {
    let layers: [any ActivationLayer] = [
      ReLU(), ReLU(maxValue: 1), ReLU(negativeSlope: 0.2), ReLU(threshold: 0.5),
      ReLU(maxValue: 1, negativeSlope: 0.1, threshold: 0.25), LeakyReLU(), LeakyReLU(alpha: 0.01), ELU(),
      ELU(alpha: 0.3), Softmax(), Softmax(axis: 2),
    ]
    for layer in layers {
      let check = GradientCheck(layer, inputShapes: [[6, 5]], batch: 3) { inputs, _ in
        Reference.activation(layer.function, inputs[0])
      }
      #expect(check.differences(on: kernels) == [], "\(layer)")
    }
  }

  @Test("Far from zero nothing overflows", arguments: KernelSet.available)
  func extremes(_ kernels: KernelSet) {
    let device = Device(kernels: kernels, threads: 1)
    let x = Tensor([2, 2], [-1000, 1000, 88.5, -88.5])
    for (name, function) in ActivationFunction.named where function != .exponential {
      let y = Activation(function)([x], [], on: device)
      let isFinite = y.elements.allSatisfy { $0.isFinite }
      #expect(isFinite, "\(name): \(y)")
    }
  }

  @Test("PReLU learns a slope for every place, channel or whatever is not shared", arguments: KernelSet.available)
  func prelu(_ kernels: KernelSet) {
    for axes in [[], [1, 2], [1], [3], [2, 3], [1, 2, 3]] {
      let check = GradientCheck(PReLU(sharedAxes: axes), inputShapes: [[3, 4, 5]], batch: 3) { inputs, parameters in
        Reference.prelu(inputs[0], alpha: parameters[0])
      }
      #expect(check.differences(on: kernels) == [], "shared \(axes)")
    }
    let flat = GradientCheck(PReLU(), inputShapes: [[6]], batch: 1) { Reference.prelu($0[0], alpha: $1[0]) }
    #expect(flat.differences(on: kernels) == [])
    #expect(throws: ShapeError.self) { try PReLU(sharedAxes: [4]).outputShape(for: [[3, 4, 5]]) }
  }

  @Test("Softmax over another axis than the last is refused")
  func softmaxAxis() {
    #expect(throws: ShapeError.self) { try Softmax(axis: 1).outputShape(for: [[3, 4, 5]]) }
  }
}
