package import Tensors

/// How the image that a layer puts out becomes a vector.
public enum FeaturePooling: String, CaseIterable, Hashable, Sendable {
  /// The mean of each channel: `GlobalAveragePooling2D`.
  case average
  /// The largest value of each channel: `GlobalMaxPooling2D`.
  case max
  /// Every value: `Flatten`.
  case flatten

  /// The layer that does it.
  public var layer: any Layer {
    switch self {
    case .average: GlobalAveragePooling2D()
    case .max: GlobalMaxPooling2D()
    case .flatten: Flatten()
    }
  }
}

extension ModelBuilder {
  /// Begins with a model as it is up to several of its layers, whose outputs are pooled and put side by side: features of more
  /// than one depth.
  ///
  /// - Parameters:
  ///   - taps: the paths of layers or nested models.
  ///   - pooling: for outputs that are images; vectors stay as they are.
  /// - Returns: the builder, the model's inputs and the vector of features.
  public static func tapping(
    _ model: Model, at taps: [String], pooling: FeaturePooling = .average
  ) throws(ModelError) -> (builder: ModelBuilder, inputs: [Value], output: Value) {
    guard !taps.isEmpty else { throw ModelError("there is no layer to take features from") }
    var values: [ValueID] = []
    for (index, tap) in taps.enumerated() {
      do throws(SelectionError) { values.append(try model.output(of: tap)) } catch {
        throw ModelError(error.message)
      }
      if values[..<index].contains(values[index]) {
        throw ModelError(layer: tap, "its output is among the features already")
      }
    }
    let shapes = try model.nominalShapes()
    var (builder, inputs, tapped) = try continuing(model, at: values)
    for (index, value) in values.enumerated() {
      let name = "tap_\(index + 1)"
      switch shapes[value.index].rank {
      case 1: break
      case 3: tapped[index] = builder(pooling.layer, name: name, on: tapped[index])
      default: tapped[index] = builder(Flatten(), name: name, on: tapped[index])
      }
    }
    let features = tapped.count == 1 ? tapped[0] : builder(Concatenate(), name: "taps", on: tapped)
    return (builder, inputs, features)
  }
}

extension Model {
  /// The shape of one sample of every value, open extents as in a picture of some common size.
  package func nominalShapes() throws(ModelError) -> [Shape] {
    var failure = ModelError("the model has no inputs")
    for size in [224, 352, 96, 32] {
      do throws(ModelError) { return try shapes(for: inputs.map { Shape($0.shape.map { $0 ?? size }) }) } catch {
        failure = error
      }
    }
    throw failure
  }
}
