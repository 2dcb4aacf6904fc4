internal import Kernels
internal import Layers
internal import Tensors

/// Turns a part of a model into fused operations for inference.
///
/// - Batch normalisation on its moving statistics is folded into the convolution before it.
/// - Bias, activation and the addition of a residual go into the convolution's epilogue.
/// - Zero padding before a `valid` convolution becomes the convolution's own.
/// - Layers that do nothing in inference vanish.
struct Lowering {
  let model: Model
  let shapes: [Shape]
  let wanted: Set<ValueID>
  private var uses: [ValueID: Int] = [:]
  private(set) var drafts: [Draft] = []
  /// The draft that puts out a value.
  private var producer: [ValueID: Int] = [:]
  /// Values that are other values under another name.
  private var aliases: [ValueID: ValueID] = [:]
  private var paddings: [ValueID: (input: ValueID, padding: ZeroPadding2D)] = [:]

  init(_ model: Model, path: [Node], shapes: [Shape], wanted: [ValueID]) {
    self.model = model
    self.shapes = shapes
    self.wanted = Set(wanted)
    for node in path { for input in node.inputs { uses[input, default: 0] += 1 } }
    for node in path { lower(node, users: path) }
  }

  /// The value that stands for `value`.
  func resolved(_ value: ValueID) -> ValueID { aliases[value] ?? value }

  private mutating func lower(_ node: Node, users path: [Node]) {
    let instance = model.instances[node.instance]
    let parameters = model.parameters[instance.parameters].map(\.value)
    let inputs = node.inputs.map(resolved)
    switch instance.layer {
    case is any StochasticLayer:
      alias(node.output, to: inputs[0])
    case let layer as ZeroPadding2D where vanishes(layer, node, path):
      paddings[node.output] = (inputs[0], layer)
    case let layer as Conv2D:
      let (input, window) = window(node, layer)
      let geometry = ConvolutionGeometry(
        window: window, inputChannels: shapes[node.inputs[0].index][2], outputChannels: layer.filters,
        groups: layer.groups)
      append(.convolution(geometry), node, [input], parameters, bias: layer.usesBias, layer.activation)
    case let layer as DepthwiseConv2D:
      let (input, window) = window(node, layer)
      append(.depthwise(window), node, [input], parameters, bias: layer.usesBias, layer.activation)
    case let layer as Dense:
      append(.dense, node, inputs, parameters, bias: layer.usesBias, layer.activation)
    case let layer as BatchNormalization:
      normalize(node, inputs[0], layer, parameters)
    case let layer as any ActivationLayer:
      activate(node, inputs[0], layer.function)
    case is Add where inputs.count == 2 && shapes[node.inputs[0].index] == shapes[node.inputs[1].index]:
      if !addResidual(node, inputs) {
        append(Draft(work: .layer(instance.layer, []), inputs: inputs, output: node.output))
      }
    default:
      append(Draft(work: .layer(instance.layer, parameters), inputs: inputs, output: node.output))
    }
  }

  /// Padding vanishes into the one convolution that uses it.
  private func vanishes(_ layer: ZeroPadding2D, _ node: Node, _ path: [Node]) -> Bool {
    guard isPrivate(node.output), let user = path.first(where: { $0.inputs.contains(node.output) }) else {
      return false
    }
    let layer = model.instances[user.instance].layer
    guard layer is Conv2D || layer is DepthwiseConv2D, let convolution = layer as? any ConvolutionLayer else {
      return false
    }
    return convolution.padding == .valid
  }

  /// A convolution's window, with the padding that vanished into it.
  private func window(_ node: Node, _ layer: some ConvolutionLayer) -> (input: ValueID, window: Window) {
    let value = node.inputs[0]
    let shape = shapes[value.index]
    guard let (input, padding) = paddings[value] else {
      guard let window = layer.window(for: shape) else { preconditionFailure("the shapes were checked") }
      return (resolved(value), window)
    }
    let margins = padding.padding
    let window = Window(
      inputHeight: shape[0] - margins.top - margins.bottom, inputWidth: shape[1] - margins.left - margins.right,
      kernelHeight: layer.kernelSize.height, kernelWidth: layer.kernelSize.width, strideHeight: layer.strides.height,
      strideWidth: layer.strides.width, dilationHeight: layer.dilationRate.height,
      dilationWidth: layer.dilationRate.width,
      padding: .explicit(top: margins.top, bottom: margins.bottom, left: margins.left, right: margins.right))
    guard let window else { preconditionFailure("the shapes were checked") }
    return (input, window)
  }

  private mutating func append(
    _ work: Draft.Work, _ node: Node, _ inputs: [ValueID], _ parameters: [Tensor], bias: Bool,
    _ function: ActivationFunction
  ) {
    append(
      Draft(work: work, kernel: parameters[0], bias: bias ? parameters[1] : nil, inputs: inputs, output: node.output))
    activate(node, node.output, function)
  }

  private mutating func normalize(
    _ node: Node, _ input: ValueID, _ layer: BatchNormalization, _ parameters: [Tensor]
  ) {
    let (scale, shift) = layer.folded(parameters)
    if let index = producer[input], drafts[index].canFold, isPrivate(node.inputs[0]) {
      drafts[index].fold(scale: scale, shift: shift)
      rename(index, to: node.output)
    } else {
      append(Draft(work: .scaleAndShift, kernel: scale, bias: shift, inputs: [input], output: node.output))
    }
  }

  /// Applies an activation to `input`, which may be the node's own output so far.
  private mutating func activate(_ node: Node, _ input: ValueID, _ function: ActivationFunction) {
    if function == .linear {
      if input != node.output { alias(node.output, to: input) }
      return
    }
    let isOwn = input == node.output
    if let index = producer[input], drafts[index].canActivate, isOwn || isPrivate(node.inputs[0]),
      let fused = FusedActivation(function)
    {
      drafts[index].activation = fused
      rename(index, to: node.output)
    } else if isOwn, let index = producer[input] {
      // Softmax cannot be fused: the product writes under the value's name, the activation over it.
      drafts.append(Draft(work: .activation(function), inputs: [drafts[index].output], output: node.output))
      producer[node.output] = drafts.count - 1
    } else {
      append(Draft(work: .activation(function), inputs: [input], output: node.output))
    }
  }

  /// Adds one input to the convolution that makes the other, if that one comes later.
  private mutating func addResidual(_ node: Node, _ inputs: [ValueID]) -> Bool {
    for (own, other) in [(0, 1), (1, 0)] {
      guard inputs[own] != inputs[other], let index = producer[inputs[own]], drafts[index].canAdd,
        isPrivate(node.inputs[own]), producer[inputs[other]].map({ $0 < index }) ?? true
      else { continue }
      drafts[index].residual = inputs[other]
      rename(index, to: node.output)
      return true
    }
    return false
  }

  private mutating func append(_ draft: Draft) {
    drafts.append(draft)
    producer[draft.output] = drafts.count - 1
  }

  private mutating func rename(_ index: Int, to value: ValueID) {
    producer[drafts[index].output] = nil
    drafts[index].output = value
    producer[value] = index
  }

  private mutating func alias(_ value: ValueID, to other: ValueID) {
    aliases[value] = other
    // Whoever uses the alias uses the original; the one use by this node is gone.
    uses[other, default: 0] += uses[value, default: 0] - 1
    if wanted.contains(value) { uses[other, default: 0] += 1 }
  }

  /// Whether a value has one user and nobody asked for it.
  private func isPrivate(_ value: ValueID) -> Bool {
    let original = resolved(value)
    return uses[original] == 1 && !wanted.contains(original) && !wanted.contains(value)
  }
}
