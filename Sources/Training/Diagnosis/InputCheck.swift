import Foundation
public import Kernels
public import Layers
public import Tensors

/// Whether pictures look to a backbone as those did that it learned from.
///
/// The first batch normalisations of a network know mean and variance of every channel that reached them in training. What
/// reaches them now should agree; with another preprocessing it does not, and then the network sees noise. The distance is
/// the mean over channels of `|mean − moving_mean| / √(moving_variance + ε) + |ln((variance + ε) / (moving_variance + ε))|/2`.
public struct InputCheck: Hashable, Sendable {
  /// 0 is perfect agreement; pictures of another kind reach about 1.
  public let distance: Double
  /// The layer of batch normalisation that was asked.
  public let layer: String

  /// Looks at one batch; nil where no batch normalisation of the model stands behind nothing but linear layers.
  ///
  /// - Parameter input: preprocessed pictures, `[samples, height, width, channels]`.
  public init?(_ model: Model, _ input: Tensor, on device: Device) {
    guard let node = Self.firstNormalization(of: model),
      case let layer = model.instances[node.instance],
      let normalization = layer.layer as? BatchNormalization
    else { return nil }
    let values = model.values(node.inputs, from: [model.inputs[0].value: input], on: device)[0]
    let channels = values.shape[-1]
    let statistics = layer.parameters.filter { model.parameters[$0].role == .statistic }.map {
      model.parameters[$0].value.elements
    }
    guard statistics.count == 2, statistics[0].count == channels else { return nil }
    let (means, variances) = Self.moments(of: values)
    var sum = 0.0
    for channel in 0..<channels {
      let (mean, variance) = (
        Double(statistics[0][channel]), Double(statistics[1][channel]) + Double(normalization.epsilon)
      )
      sum += abs(means[channel] - mean) / max(1e-12, variance).squareRoot()
      sum += abs(log((variances[channel] + Double(normalization.epsilon)) / max(1e-12, variance))) / 2
    }
    distance = sum / Double(max(1, channels))
    self.layer = layer.path
  }

  /// The first batch normalisation, and only if its statistics were learned and what stands before it is linear in the
  /// picture.
  private static func firstNormalization(of model: Model) -> Node? {
    guard model.inputs.count == 1 else { return nil }
    var linear: Set<ValueID> = [model.inputs[0].value]
    for node in model.nodes where node.inputs.allSatisfy(linear.contains) {
      let instance = model.instances[node.instance]
      if instance.layer is BatchNormalization {
        let statistics = instance.parameters.filter { model.parameters[$0].role == .statistic }.map {
          model.parameters[$0].value
        }
        let isFresh =
          statistics.count == 2
          && statistics[0].elements.allSatisfy { $0 == 0 } && statistics[1].elements.allSatisfy { $0 == 1 }
        return isFresh ? nil : node
      }
      let isLinear =
        switch instance.layer {
        case let layer as any ConvolutionLayer: layer.activation == .linear
        case is ZeroPadding2D, is Rescaling, is Normalization: true
        default: false
        }
      if isLinear { linear.insert(node.output) }
    }
    return nil
  }

  /// Mean and variance of every channel, in `Double`.
  private static func moments(of values: Tensor) -> (means: [Double], variances: [Double]) {
    let channels = values.shape[-1]
    var sums = [Double](repeating: 0, count: channels)
    var squares = sums
    unsafe values.withUnsafeElements { elements in
      for start in stride(from: 0, to: elements.count, by: max(1, channels)) {
        for channel in 0..<channels {
          let value = unsafe Double(elements[start + channel])
          sums[channel] += value
          squares[channel] += value * value
        }
      }
    }
    let count = Double(max(1, values.count / max(1, channels)))
    let means = sums.map { $0 / count }
    return (means, zip(squares, means).map { max(0, $0 / count - $1 * $1) })
  }
}
