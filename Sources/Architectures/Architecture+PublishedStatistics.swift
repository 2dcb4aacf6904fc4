public import Layers
internal import Tensors

extension Architecture {
  /// The ImageNet deviations of the colours, of pixels in [0, 1].
  private static let deviations: [Float] = [0.229, 0.224, 0.225]

  /// Puts right what the published weights of the first EfficientNets have in the wrong place.
  ///
  /// Their files hold the standard deviations of the colours where the layer `Normalization` expects variances. Keras makes up
  /// for it with one more `Rescaling` by `1 / √deviation`, which it adds only where it downloads the weights itself. Here the
  /// deviations are squared, which computes the same.
  ///
  /// - Returns: what was done, in words; nil if there was nothing to do.
  public func correctPublishedStatistics(of model: inout Model) -> String? {
    guard Self.efficientNets.contains(where: { $0.name == name }),
      let instance = model.instances.first(where: { $0.layer is Normalization && $0.parameters.count == 3 })
    else { return nil }
    let place = instance.parameters.lowerBound + 1
    let variance = model.parameters[place].value
    guard variance.count == 3,
      zip(variance.elements, Self.deviations).allSatisfy({ abs($0 - $1) < 1e-3 })
    else { return nil }
    model.parameters[place].value = Tensor(variance.shape, variance.elements.map { $0 * $0 })
    return
      "\(instance.path) held standard deviations instead of variances, as in Keras' published file; they were squared"
  }
}
