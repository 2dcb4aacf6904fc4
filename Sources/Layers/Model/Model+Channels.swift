internal import Kernels
internal import Tensors

extension Model {
  /// This model for pictures of another number of channels: its first convolutions, and the normalisation in front of them, are
  /// adapted; everything else stays.
  ///
  /// - Parameters:
  ///   - count: the new number of channels.
  ///   - method: `ChannelAdaptation.standard(to:)` if nil.
  ///   - reversesColors: whether the kernels expect the channels in reverse, as those trained on BGR do, while new pictures come
  ///     in order.
  /// - Returns: the model, and the paths of the layers that changed.
  public func adaptingInput(
    toChannels count: Int, by method: ChannelAdaptation? = nil, reversesColors: Bool = false
  ) throws(ModelError) -> (model: Model, changed: [String]) {
    guard inputs.count == 1, inputs[0].shape.count == 3, let old = inputs[0].shape[2] else {
      throw ModelError("only a model with one picture [height, width, channels] as input can take other channels")
    }
    guard count > 0 else { throw ModelError("a picture has at least one channel, not \(count)") }
    if count == old, !reversesColors { return (self, []) }
    let method = method ?? .standard(to: count)
    try method.check(from: old, to: count)

    var parts = parts
    var changed: [String] = []
    var touched = Set<Int>()
    func adapted(_ values: [Float]) -> [Float] {
      method.statistics(reversesColors ? values.reversed() : values, to: count)
    }
    /// The values that still are the picture's channels.
    var colored: Set<ValueID> = [inputs[0].value]
    for node in nodes where node.inputs.contains(where: colored.contains) {
      let instance = instances[node.instance]
      let values = parameters[instance.parameters].map(\.value)
      touched.insert(node.instance)
      guard node.inputs.count == 1, nodes.count(where: { $0.instance == node.instance }) == 1 else {
        throw Self.unsuitable(instance)
      }
      switch instance.layer {
      case let layer as Conv2D where layer.groups == 1:
        parts.layers[node.instance].values =
          [values[0].mixingChannels(method.weights(from: old, to: count), reversed: reversesColors)]
          + values.dropFirst()
        changed.append(instance.path)
        continue
      case var layer as Normalization:
        if let constants = layer.constants {
          layer.constants = Normalization.Constants(
            mean: adapted(constants.mean), variance: adapted(constants.variance))
          parts.layers[node.instance].layer = layer
        } else {
          parts.layers[node.instance].values = values.map { value in
            guard value.shape.rank == 1 else { return value }
            return Tensor([count], adapted(value.elements))
          }
        }
        changed.append(instance.path)
      case let layer as Rescaling:
        parts.layers[node.instance].layer = Rescaling(
          scale: adapted(layer.scale), offset: adapted(layer.offset))
      case is ZeroPadding2D, is Cropping2D, is UpSampling2D, is Activation, is ReLU, is LeakyReLU, is MaxPooling2D,
        is AveragePooling2D, is any StochasticLayer:
        break
      default: throw Self.unsuitable(instance)
      }
      colored.insert(node.output)
    }
    guard !changed.isEmpty else { throw ModelError("no convolution sees the picture; there is nothing to adapt") }
    for container in parts.containers.indices {
      for member in parts.containers[container].members.indices {
        guard case .input(var shape) = parts.containers[container].members[member].content, shape.count == 3,
          container == 0 || parts.feeds(touched, container: container, input: member)
        else { continue }
        shape[2] = count
        parts.containers[container].members[member].content = .input(shape: shape)
      }
    }
    var model = try Model(parts, initialization: .none)
    model.batchNormPolicy = batchNormPolicy
    return (model, changed)
  }

  private static func unsuitable(_ instance: LayerInstance) -> ModelError {
    ModelError(
      layer: instance.path,
      "a \(instance.layer.kind) sees the picture's channels before a convolution mixes them; such a model cannot be made to "
        + "take others")
  }
}

extension ModelParts {
  /// Whether an input of a nested model is taken by one of these layers.
  fileprivate func feeds(_ layers: Set<Int>, container: Int, input: Int) -> Bool {
    containers[container].members.contains { member in
      member.calls.contains { call in
        call.enumerated().contains { position, reference in
          guard reference.member == input else { return false }
          switch member.content {
          case .input: return false
          case .layer(let layer): return layers.contains(layer)
          case .container(let inner):
            return feeds(layers, container: inner, input: containers[inner].inputs[position].member)
          }
        }
      }
    }
  }
}

extension Tensor {
  /// A kernel `[height, width, channels, filters]` over other channels, each a mixture of the old ones.
  ///
  /// - Parameter weights: `[new][old]`.
  fileprivate func mixingChannels(_ weights: [[Float]], reversed: Bool) -> Tensor {
    let (old, filters) = (shape[2], shape[3])
    let source = elements
    var result: [Float] = []
    result.reserveCapacity(shape[0] * shape[1] * weights.count * filters)
    for place in 0..<shape[0] * shape[1] {
      for shares in weights {
        for filter in 0..<filters {
          var sum = 0.0
          for (channel, share) in shares.enumerated() where share != 0 {
            let from = reversed ? old - 1 - channel : channel
            sum += Double(share) * Double(source[(place * old + from) * filters + filter])
          }
          result.append(Float(sum))
        }
      }
    }
    return Tensor([shape[0], shape[1], weights.count, filters], result)
  }
}
