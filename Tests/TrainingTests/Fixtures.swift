import Kernels
import Layers
import Synchronization
import Tensors
import Training

/// Samples of one input, held in memory. `ValueID` of the first input of a model is the same for all models.
struct InMemory: BatchSource {
  let input: Tensor
  let targets: Targets

  var count: Int { targets.count }
  var inputShapes: [Shape] { [input.shape.sample] }

  func batch(_ indices: [Int], epoch: Int, on device: Device) -> [ValueID: Tensor] {
    [Self.inputValue: input.gathering(samples: indices, in: device.buffers)]
  }

  private static let inputValue: ValueID = {
    guard let model = try? Model(sequential: "one input", inputShape: [1], seed: 0, { Dense(units: 1) }) else {
      preconditionFailure("a dense layer makes a model")
    }
    return model.inputs[0].value
  }()
}

/// Points of the plane in three clouds, one for each class.
struct Blobs: BatchSource {
  private let memory: InMemory

  init(count: Int, seed: UInt64) {
    let noise = RandomKey(seed: seed).normal(2 * count)
    let centres: [(Float, Float)] = [(2, 0), (-1, 2), (-1, -2)]
    let classes = (0..<count).map { $0 % 3 }
    let points = classes.enumerated().flatMap { index, kind in
      [centres[kind].0 + 0.6 * noise[2 * index], centres[kind].1 + 0.6 * noise[2 * index + 1]]
    }
    memory = InMemory(input: Tensor([count, 2], points), targets: .classes(classes, count: 3))
  }

  var count: Int { memory.count }
  var targets: Targets { memory.targets }
  var inputShapes: [Shape] { memory.inputShapes }

  func batch(_ indices: [Int], epoch: Int, on device: Device) -> [ValueID: Tensor] {
    memory.batch(indices, epoch: epoch, on: device)
  }

  static func classifier(seed: UInt64, activation: ActivationFunction = .softmax) throws -> Model {
    try Model(sequential: "blobs", inputShape: [2], seed: seed) { Dense(units: 3, activation: activation) }
  }
}

/// Noisy pictures of 8×8 pixels: stripes, or checks.
struct Stripes: BatchSource {
  private let memory: InMemory

  init(count: Int, seed: UInt64) {
    let noise = RandomKey(seed: seed).normal(64 * count)
    let classes = (0..<count).map { $0 % 2 }
    let pixels = (0..<64 * count).map { index in
      let (sample, y, x) = (index / 64, index / 8 % 8, index % 8)
      let isBright = classes[sample] == 0 ? x % 2 == 0 : (x + y) % 2 == 0
      return (isBright ? 0.7 : -0.7) + 0.5 * noise[index]
    }
    memory = InMemory(input: Tensor([count, 8, 8, 1], pixels), targets: .classes(classes, count: 2))
  }

  var count: Int { memory.count }
  var targets: Targets { memory.targets }
  var inputShapes: [Shape] { memory.inputShapes }
  var pictures: Tensor { memory.input }

  func batch(_ indices: [Int], epoch: Int, on device: Device) -> [ValueID: Tensor] {
    memory.batch(indices, epoch: epoch, on: device)
  }

  /// Convolution, normalisation, pooling, dropout and a dense layer.
  static func classifier(
    seed: UInt64, activation: ActivationFunction = .relu(), regularizer: Regularizer? = nil
  ) throws -> Model {
    try Model(sequential: "stripes", inputShape: [8, 8, 1], seed: seed) {
      Conv2D(filters: 6, kernelSize: Size(3, 3), usesBias: false, kernelRegularizer: regularizer)
      BatchNormalization(momentum: 0.8)
      Activation(activation)
      Conv2D(filters: 4, kernelSize: Size(3, 3), strides: Size(2, 2), activation: activation)
      GlobalAveragePooling2D()
      Dropout(rate: 0.1)
      Dense(units: 2, activation: .softmax)
    }
  }
}

/// A number that counts up.
final class Position: Sendable {
  private let value = Atomic(0)

  /// The number before it went up.
  func advance() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
