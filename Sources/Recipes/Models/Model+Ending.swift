internal import Kernels
internal import Layers

extension Model {
  /// Whether its outputs come from a sigmoid, each a yes or no of its own.
  var endsInSigmoid: Bool { lastActivation == .sigmoid }

  /// Whether its outputs are probabilities, of one class of several or of a yes each.
  var givesProbabilities: Bool { [.softmax, .sigmoid].contains(lastActivation) }

  /// What its outputs come from, through layers that only give them another form; nil where no activation is the last to compute.
  private var lastActivation: ActivationFunction? {
    var value = outputs[0]
    while let node = nodes.last(where: { $0.output == value }) {
      switch instances[node.instance].layer {
      case let dense as Dense: return dense.activation
      case let convolution as Conv2D: return convolution.activation
      case let activation as any ActivationLayer: return activation.function
      case is Reshape, is Flatten, is Permute, is Dropout:
        guard let input = node.inputs.first else { return nil }
        value = input
      default: return nil
      }
    }
    return nil
  }
}
