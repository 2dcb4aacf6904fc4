import Kernels
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Dense")
struct DenseTests {
  @Test(
    "It multiplies the last axis of any shape", arguments: KernelSet.available,
    [[5], [1], [33], [3, 5], [2, 1, 7], [2, 3, 2, 4]])
  func matchesReference(_ kernels: KernelSet, _ sample: [Int]) {
    for batch in [1, 3] {
      let check = GradientCheck(Dense(units: 4), inputShapes: [Shape(sample)], batch: batch) { inputs, parameters in
        Reference.dense(inputs[0], parameters[0], bias: parameters[1])
      }
      #expect(check.differences(on: kernels) == [])
    }
  }

  @Test("It applies its activation, with and without a bias", arguments: KernelSet.available)
  func activation(_ kernels: KernelSet) {
    for activation: ActivationFunction in [.softmax, .relu, .tanh, .elu(), .mish] {
      for usesBias in [true, false] {
        let layer = Dense(units: 6, activation: activation, usesBias: usesBias)
        let check = GradientCheck(layer, inputShapes: [[3, 7]]) { inputs, parameters in
          Reference.activation(
            activation, Reference.dense(inputs[0], parameters[0], bias: usesBias ? parameters[1] : nil))
        }
        #expect(check.differences(on: kernels) == [], "\(activation), bias \(usesBias)")
      }
    }
  }

  @Test("A single number has no last axis")
  func shapeError() {
    #expect(throws: ShapeError.self) { try Dense(units: 2).outputShape(for: [[]]) }
  }
}
