public import JSON

/// All layers there are, by their Keras class names.
public enum LayerRegistry {
  /// One line per layer.
  public static let all: [any Layer.Type] = [
    // Convolutions and matrix products.
    Conv2D.self, DepthwiseConv2D.self, SeparableConv2D.self, Conv2DTranspose.self, Dense.self,
    // Normalisation.
    BatchNormalization.self, LayerNormalization.self, GroupNormalization.self, LayerScale.self,
    // Activations.
    Activation.self, ELU.self, LeakyReLU.self, PReLU.self, ReLU.self, Softmax.self,
    // Pooling.
    MaxPooling2D.self, AveragePooling2D.self, GlobalAveragePooling2D.self, GlobalMaxPooling2D.self,
    // Shape.
    ZeroPadding2D.self, Cropping2D.self, UpSampling2D.self, Flatten.self, Reshape.self, Permute.self,
    // Randomness in training.
    Dropout.self, SpatialDropout2D.self, GaussianDropout.self, GaussianNoise.self, StochasticDepth.self,
    // Preprocessing.
    Rescaling.self, Normalization.self,
    // Merging.
    Add.self, Subtract.self, Multiply.self, Average.self, Maximum.self, Minimum.self, Concatenate.self, Dot.self,
    CustomScaleLayer.self,
  ]

  private static let byKind = Dictionary(uniqueKeysWithValues: all.map { ($0.kind, $0) })

  /// The names of all layers, sorted.
  public static let kinds: [String] = byKind.keys.sorted()

  /// The layer of a Keras class name with a configuration in Keras' keys.
  public static func layer(kind: String, config: JSONValue) throws(ConfigError) -> any Layer {
    guard let type = byKind[kind] else {
      throw ConfigError("there is no layer \"\(kind)\". \(Suggestion.sentence(for: kind, among: kinds))")
    }
    return try type.init(config: config)
  }
}
