internal import Kernels
internal import Layers
internal import Tensors

/// Turns a part of a model into fused operations for inference.
///
/// - Batch normalisation on its moving statistics is folded into the convolution before it.
/// - Bias, activation and the addition of a residual go into the convolution's epilogue.
/// - Zero padding before a `valid` convolution becomes the convolution's own, and before a pool of what is not negative.
/// - Convolutions whose outputs are only joined in the channels write to their slices of the joined value.
/// - Layers that do nothing in inference vanish, and those that only give another shape.
struct Lowering {
  let model: Model
  let shapes: [Shape]
  let wanted: Set<ValueID>
  private var uses: [ValueID: Int] = [:]
  var drafts: [Draft] = []
  /// The draft that puts out a value.
  private var producer: [ValueID: Int] = [:]
  /// Values that are other values under another name.
  private var aliases: [ValueID: ValueID] = [:]
  /// Of a value made in slices the last draft that makes one.
  private var completed: [ValueID: Int] = [:]
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
    case let layer as DepthwiseConv2D where layer.depthMultiplier == 1:
      let (input, window) = window(node, layer)
      append(.depthwise(window), node, [input], parameters, bias: layer.usesBias, layer.activation)
    case let layer as Dense:
      let rows = shapes[node.inputs[0].index].dimensions.dropLast().reduce(1, *)
      append(.dense(rows: rows), node, inputs, parameters, bias: layer.usesBias, layer.activation)
    case let layer as BatchNormalization:
      normalize(node, inputs[0], layer, parameters)
    case let layer as any ActivationLayer:
      activate(node, inputs[0], layer.function)
    case is Flatten, is Reshape:
      alias(node.output, to: inputs[0])
    case let layer as Concatenate:
      concatenate(node, layer)
    case is Add where inputs.count == 2 && shapes[node.inputs[0].index] == shapes[node.inputs[1].index]:
      if !addResidual(node, inputs) { append(.sum, node, inputs) }
    case let layer as MaxPooling2D:
      let shape = shapes[node.inputs[0].index]
      let (input, window) = padded(node, layer.window(for: shape))
      append(.maxPooling(window, channels: shape[2]), node, [input])
    case let layer as AveragePooling2D:
      let shape = shapes[node.inputs[0].index]
      append(.averagePooling(layer.window(for: shape), channels: shape[2]), node, inputs)
    case is GlobalAveragePooling2D:
      let shape = shapes[node.inputs[0].index]
      append(.globalAverage(pixels: shape[0] * shape[1], channels: shape[2]), node, inputs)
    default:
      appendLayer(node, inputs, parameters)
    }
  }

  private func name(_ node: Node) -> String { model.instances[node.instance].path }

  /// Padding vanishes into the one convolution, or the one pool, that uses it.
  private func vanishes(_ padding: ZeroPadding2D, _ node: Node, _ path: [Node]) -> Bool {
    guard isPrivate(node.output), let user = path.first(where: { $0.inputs.contains(node.output) }) else {
      return false
    }
    let layer = model.instances[user.instance].layer
    switch layer {
    case let layer as Conv2D: return layer.padding == .valid
    case let layer as DepthwiseConv2D: return layer.padding == .valid && layer.depthMultiplier == 1
    case let layer as MaxPooling2D:
      // Zeros never win over what an activation has made positive, and so they need not be there.
      let margins = padding.padding
      return layer.padding == .valid && isNotNegative(resolved(node.inputs[0]))
        && max(margins.top, margins.bottom) < layer.poolSize.height
        && max(margins.left, margins.right) < layer.poolSize.width
    default: return false
    }
  }

  /// Whether a value is what an activation that gives nothing negative has made.
  private func isNotNegative(_ value: ValueID) -> Bool {
    guard let index = producer[value] else { return false }
    switch drafts[index].activation {
    case .relu, .relu6: return true
    case .clamp(let low, _): return low >= 0
    default: return false
    }
  }

  /// A convolution's window, with the padding that vanished into it.
  private func window(_ node: Node, _ layer: some ConvolutionLayer) -> (input: ValueID, window: Window) {
    guard let window = layer.window(for: shapes[node.inputs[0].index]) else {
      preconditionFailure("the shapes were checked")
    }
    return padded(node, window)
  }

  /// A window with the padding that vanished into its user.
  private func padded(_ node: Node, _ window: Window) -> (input: ValueID, window: Window) {
    guard let (input, padding) = paddings[node.inputs[0]] else { return (resolved(node.inputs[0]), window) }
    let margins = padding.padding
    let window = Window(
      inputHeight: window.inputHeight - margins.top - margins.bottom,
      inputWidth: window.inputWidth - margins.left - margins.right, kernelHeight: window.kernelHeight,
      kernelWidth: window.kernelWidth, strideHeight: window.strideHeight, strideWidth: window.strideWidth,
      dilationHeight: window.dilationHeight, dilationWidth: window.dilationWidth,
      padding: .explicit(top: margins.top, bottom: margins.bottom, left: margins.left, right: margins.right))
    guard let window else { preconditionFailure("the shapes were checked") }
    return (input, window)
  }

  private mutating func append(
    _ work: Draft.Work, _ node: Node, _ inputs: [ValueID], _ parameters: [Tensor], bias: Bool,
    _ function: ActivationFunction
  ) {
    append(
      Draft(
        name: name(node), work: work, kernel: parameters[0], bias: bias ? parameters[1] : nil, inputs: inputs,
        output: node.output))
    activate(node, node.output, function)
  }

  private mutating func append(_ work: Draft.Work, _ node: Node, _ inputs: [ValueID]) {
    append(Draft(name: name(node), work: work, inputs: inputs, output: node.output))
  }

  private mutating func appendLayer(_ node: Node, _ inputs: [ValueID], _ parameters: [Tensor]) {
    append(
      .layer(
        model.instances[node.instance].layer, parameters, inputShapes: node.inputs.map { shapes[$0.index] },
        outputShape: shapes[node.output.index]), node, inputs)
  }

  private mutating func normalize(
    _ node: Node, _ input: ValueID, _ layer: BatchNormalization, _ parameters: [Tensor]
  ) {
    let (scale, shift) = layer.folded(parameters)
    // Where a layer that gives another shape has vanished, the channels may be others than the convolution's.
    if let index = producer[input], drafts[index].foldableChannels == scale.count, isPrivate(node.inputs[0]) {
      drafts[index].fold(scale: scale, shift: shift)
      rename(index, to: node.output)
    } else {
      append(
        Draft(
          name: name(node), work: .scaleAndShift, kernel: scale, bias: shift, inputs: [input], output: node.output))
    }
  }

  /// Applies an activation to `input`, which may be the node's own output so far.
  private mutating func activate(_ node: Node, _ input: ValueID, _ function: ActivationFunction) {
    if function == .linear {
      if input != node.output { alias(node.output, to: input) }
      return
    }
    let isOwn = input == node.output
    let work = Draft.Work.activation(function, columns: shapes[node.output.index].dimensions.last ?? 1)
    if let index = producer[input], drafts[index].canActivate, isOwn || isPrivate(node.inputs[0]),
      let fused = FusedActivation(function)
    {
      drafts[index].activation = fused
      rename(index, to: node.output)
    } else {
      // Softmax cannot be fused: the product writes under the value's name, and the activation over it.
      append(work, node, [input])
    }
  }

  /// Adds one input to the convolution that makes the other, if that one comes later.
  private mutating func addResidual(_ node: Node, _ inputs: [ValueID]) -> Bool {
    for (own, other) in [(0, 1), (1, 0)] {
      guard inputs[own] != inputs[other], let index = producer[inputs[own]], drafts[index].canAdd,
        isPrivate(node.inputs[own]), (producer[inputs[other]] ?? completed[inputs[other]] ?? -1) < index
      else { continue }
      drafts[index].residual = inputs[other]
      rename(index, to: node.output)
      return true
    }
    return false
  }

  /// Joins values. Along the channels, which are innermost, every row of each goes to its slice of the joined rows.
  private mutating func concatenate(_ node: Node, _ layer: Concatenate) {
    let inputs = node.inputs.map(resolved)
    let shape = shapes[node.output.index]
    guard layer.axis == -1 || layer.axis == shape.rank else {
      return appendLayer(node, inputs, [])
    }
    var channel = 0
    for (value, input) in zip(node.inputs, inputs) {
      let channels = shapes[value.index][-1]
      let slice = (channel: channel, pixelStride: shape[-1])
      if let index = producer[input], isPrivate(value), case .convolution = drafts[index].work,
        drafts[index].residual == nil, shapes[drafts[index].output.index] == shapes[value.index]
      {
        rename(index, to: node.output)
        drafts[index].slice = slice
      } else {
        let rows = shape.dimensions.dropLast().reduce(1, *)
        append(.copy(rows: rows, run: channels, rowStride: shape[-1]), node, [input])
        drafts[drafts.count - 1].slice = slice
      }
      channel += channels
    }
    // Made in slices: nothing can be fused into it.
    producer[node.output] = nil
    completed[node.output] = drafts.count - 1
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
