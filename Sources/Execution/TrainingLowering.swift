internal import Kernels
internal import Layers
internal import Tensors

/// Joins the layers of a part of a model into the steps of a training program.
struct TrainingLowering {
  private let model: Model
  let wanted: Set<ValueID>
  private var shapes: [ValueID: Shape]
  private var users: [ValueID: [Node]] = [:]
  /// How often each layer is called.
  private var callCounts: [Int: Int] = [:]
  private(set) var steps: [TrainingStep] = []
  /// The step that puts out a value.
  private var producer: [ValueID: Int] = [:]
  private var paddings: [ValueID: (input: ValueID, margins: Margins)] = [:]
  private(set) var needsGradient: Set<ValueID> = []

  init(_ model: Model, from known: [ValueID: Shape], to wanted: [ValueID]) {
    self.model = model
    self.wanted = Set(wanted)
    shapes = known
    let path = model.nodes(to: wanted, from: Set(known.keys))
    for node in path {
      callCounts[node.instance, default: 0] += 1
      for input in node.inputs { users[input, default: []].append(node) }
    }
    var calls: [Int: UInt64] = [:]
    for node in path {
      shapes[node.output] = outputShape(node)
      append(node, call: calls[node.instance, default: 0])
      calls[node.instance, default: 0] += 1
    }
    findNeeds()
    findLifetimes()
  }

  private func outputShape(_ node: Node) -> Shape {
    do {
      return try model.instances[node.instance].layer.outputShape(for: node.inputs.map(shape))
    } catch { preconditionFailure("layer \"\(model.instances[node.instance].path)\": \(error)") }
  }

  func shape(_ value: ValueID) -> Shape {
    guard let shape = shapes[value] else { preconditionFailure("value \(value.index) is used before it is known") }
    return shape
  }

  private mutating func append(_ node: Node, call: UInt64) {
    let instance = model.instances[node.instance]
    let mode = model.mode(ofInstance: node.instance)
    switch instance.layer {
    case let layer as ZeroPadding2D where vanishes(node):
      paddings[node.output] = (node.inputs[0], layer.padding)
      return
    case let layer as Conv2D:
      if let activation = NormalizedActivation(layer.activation), activation.needsOutputOnly {
        let (input, window) = window(node, layer)
        let geometry = ConvolutionGeometry(
          window: window, inputChannels: shape(input)[2], outputChannels: layer.filters, groups: layer.groups)
        return append(node, .convolution(.dense(geometry), activation), [input])
      }
    case let layer as DepthwiseConv2D where layer.depthMultiplier == 1:
      if let activation = NormalizedActivation(layer.activation), activation.needsOutputOnly {
        let (input, window) = window(node, layer)
        return append(
          node, .convolution(.depthwise(window, channels: shape(input)[2]), activation), [input])
      }
    case let layer as BatchNormalization:
      if !normalizes(node, layer, mode) { append(node, .normalization(nil, layer, .linear, mode), node.inputs) }
      return
    case is Add where addsResidual(node): return
    case let layer as any ActivationLayer where activates(node, layer.function): return
    default: break
    }
    append(node, .layer(call: call, mode), node.inputs)
  }

  private mutating func append(_ node: Node, _ work: TrainingStep.Work, _ inputs: [ValueID]) {
    let instance = model.instances[node.instance]
    producer[node.output] = steps.count
    steps.append(
      TrainingStep(
        layer: instance.layer, path: instance.path, parameters: Array(instance.parameters),
        statistics: statistics(instance), work: work, inputs: inputs,
        output: node.output))
  }

  /// Padding vanishes into the one convolution that uses it.
  private func vanishes(_ node: Node) -> Bool {
    guard isPrivate(node.output), let user = users[node.output]?.first else { return false }
    let layer = model.instances[user.instance].layer
    switch layer {
    case let layer as Conv2D:
      return layer.padding == .valid && NormalizedActivation(layer.activation)?.needsOutputOnly == true
    case let layer as DepthwiseConv2D:
      return layer.padding == .valid && layer.depthMultiplier == 1
        && NormalizedActivation(layer.activation)?.needsOutputOnly == true
    default: return false
    }
  }

  private func window(_ node: Node, _ layer: some ConvolutionLayer) -> (input: ValueID, window: Window) {
    guard let window = layer.window(for: shape(node.inputs[0])) else {
      preconditionFailure("the shapes were checked")
    }
    guard let (input, margins) = paddings[node.inputs[0]] else { return (node.inputs[0], window) }
    return (input, window.takingIn(margins))
  }

  private func statistics(_ instance: LayerInstance) -> [Int] {
    instance.parameters.filter { model.parameters[$0].role == .statistic }
  }

  /// Normalises what a convolution has made for this alone. A layer that is called again stays where it is: its statistics move
  /// call by call.
  private mutating func normalizes(_ node: Node, _ layer: BatchNormalization, _ mode: Context.Mode) -> Bool {
    let input = node.inputs[0]
    guard let index = producer[input], isPrivate(input), callCounts[node.instance] == 1,
      case .convolution(let convolution, .linear) = steps[index].work
    else { return false }
    let instance = model.instances[node.instance]
    steps[index].work = .normalization(convolution, layer, .linear, mode)
    steps[index].parameters += instance.parameters
    steps[index].statistics = statistics(instance)
    rename(index, to: node.output)
    return true
  }

  /// Adds the other input to the normalisation that makes one of them, if it comes later.
  private mutating func addsResidual(_ node: Node) -> Bool {
    guard node.inputs.count == 2, node.inputs[0] != node.inputs[1], shape(node.inputs[0]) == shape(node.inputs[1])
    else { return false }
    for (own, other) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] {
      guard let index = producer[own], isPrivate(own), (producer[other] ?? -1) < index,
        case .normalization(_, _, .linear, _) = steps[index].work, steps[index].inputs.count == 1
      else { continue }
      steps[index].inputs.append(other)
      rename(index, to: node.output)
      return true
    }
    return false
  }

  private mutating func activates(_ node: Node, _ function: ActivationFunction) -> Bool {
    let input = node.inputs[0]
    guard let index = producer[input], isPrivate(input), let activation = NormalizedActivation(function) else {
      return false
    }
    switch steps[index].work {
    case .normalization(let convolution, let layer, .linear, let mode)
    where steps[index].inputs.count == 1 || activation.needsOutputOnly:
      steps[index].work = .normalization(convolution, layer, activation, mode)
    case .convolution(let convolution, .linear) where activation.needsOutputOnly:
      steps[index].work = .convolution(convolution, activation)
    default: return false
    }
    rename(index, to: node.output)
    return true
  }

  private mutating func rename(_ index: Int, to value: ValueID) {
    producer[steps[index].output] = nil
    steps[index].output = value
    producer[value] = index
  }

  /// Whether a value has one user and nobody asked for it.
  private func isPrivate(_ value: ValueID) -> Bool { users[value]?.count == 1 && !wanted.contains(value) }

  private mutating func findNeeds() {
    let trainable = Set(model.trainableParameters)
    for index in steps.indices {
      steps[index].inputNeeds = steps[index].inputs.map(needsGradient.contains)
      if steps[index].inputNeeds.contains(true) { steps[index].needs.insert(.inputs) }
      steps[index].trained = trainable.intersection(steps[index].parameters)
      if !steps[index].trained.isEmpty { steps[index].needs.insert(.parameters) }
      if !steps[index].needs.isEmpty { needsGradient.insert(steps[index].output) }
    }
  }

  private mutating func findLifetimes() {
    var last: [ValueID: Int] = [:]
    var readers: [ValueID: [Int]] = [:]
    for (index, step) in steps.enumerated() {
      for value in step.inputs {
        last[value] = index
        readers[value, default: []].append(index)
      }
      if readers[step.output] == nil { last[step.output] = index }
    }
    for (value, index) in last where !wanted.contains(value) { steps[index].releases.append(value) }
    for index in steps.indices {
      let step = steps[index]
      let users = readers[step.output] ?? []
      steps[index].isRemade =
        users.count == 1 && users.allSatisfy { takesParts(steps[$0], of: step.output) } && isMadeOfInput(step)
        && !wanted.contains(step.output)
      steps[index].dropsConvolved = !steps[index].isRemade && isCheap(step)
      // Backward the first of its users is the last.
      steps[index].isSummedBehind =
        isTrainedNormalization(step) && !steps[index].dropsConvolved && !wanted.contains(step.output)
        && users.first.map { takesParts(steps[$0], of: step.output) } == true
    }
  }

  /// Whether a step can make its input again, a few images at a time.
  private func takesParts(_ step: TrainingStep, of value: ValueID) -> Bool {
    switch step.work {
    case .convolution, .pooledConvolution, .normalization(.some, _, _, _):
      step.inputs[0] == value && !step.inputs.dropFirst().contains(value)
    case .layer, .normalization(nil, _, _, _): false
    }
  }

  /// Whether a step's output follows from what it normalises alone.
  private func isMadeOfInput(_ step: TrainingStep) -> Bool {
    if case .normalization = step.work { step.inputs.count == 1 } else { false }
  }

  /// Whether a step normalises by the batch's moments.
  private func isTrainedNormalization(_ step: TrainingStep) -> Bool {
    if case .normalization(_, _, _, .training) = step.work { true } else { false }
  }

  /// Whether the convolution of a step has few products behind each number and more numbers than its image.
  private func isCheap(_ step: TrainingStep) -> Bool {
    guard case .normalization(let convolution?, _, _, _) = step.work else { return false }
    return convolution.depth <= Self.cheapDepth
      && shape(step.output).elementCount > shape(step.inputs[0]).elementCount
  }

  /// Products behind each number of a convolution that costs little more than reading the number from memory.
  private static var cheapDepth: Int { 128 }
}

extension Window {
  /// This window over an image without the margins of zeros around it.
  func takingIn(_ margins: Margins) -> Window {
    let window = Window(
      inputHeight: inputHeight - margins.top - margins.bottom, inputWidth: inputWidth - margins.left - margins.right,
      kernelHeight: kernelHeight, kernelWidth: kernelWidth, strideHeight: strideHeight, strideWidth: strideWidth,
      dilationHeight: dilationHeight, dilationWidth: dilationWidth,
      padding: .explicit(top: margins.top, bottom: margins.bottom, left: margins.left, right: margins.right))
    guard let window else { preconditionFailure("a window that fits without its padding fits with it") }
    return window
  }
}
