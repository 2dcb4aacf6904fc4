import Kernels
import Layers
import Tensors

/// Layers with settings away from their defaults, for the tests that run over all kinds of layers.
enum LayerSamples {
  static let all: [any Layer] = convolutions + normalizations + activations + shapes + others

  static let convolutions: [any Layer] = [
    Conv2D(filters: 6, kernelSize: Size(3, 5)),
    Conv2D(
      filters: 6, kernelSize: Size(1, 2), strides: Size(2, 1), padding: .same, groups: 3, activation: .relu6,
      usesBias: false, kernelInitializer: .heNormal, biasInitializer: .ones, kernelRegularizer: Regularizer(l2: 4e-5),
      biasRegularizer: Regularizer(l1: 0.1, l2: 0.2)),
    Conv2D(filters: 1, kernelSize: Size(3, 3), dilationRate: Size(2, 3), activation: .leakyReLU(alpha: 0.05)),
    DepthwiseConv2D(kernelSize: Size(3, 3)),
    DepthwiseConv2D(
      kernelSize: Size(5, 3), strides: Size(2, 2), padding: .same, depthMultiplier: 4, activation: .swish,
      usesBias: false, depthwiseInitializer: .constant(0.5), biasInitializer: .randomUniform(low: -1, high: 1),
      depthwiseRegularizer: Regularizer(l1: 1e-4), biasRegularizer: Regularizer(l2: 0.5)),
    SeparableConv2D(filters: 8, kernelSize: Size(3, 3)),
    SeparableConv2D(
      filters: 8, kernelSize: Size(3, 3), padding: .same, dilationRate: Size(2, 2), depthMultiplier: 2,
      activation: .hardSigmoid, usesBias: false, depthwiseInitializer: .heUniform, pointwiseInitializer: .lecunNormal,
      depthwiseRegularizer: Regularizer(l2: 0.1), pointwiseRegularizer: Regularizer(l2: 0.2)),
    Conv2DTranspose(filters: 5, kernelSize: Size(2, 3)),
    Conv2DTranspose(
      filters: 5, kernelSize: Size(3, 3), strides: Size(2, 3), padding: .same, outputPadding: Size(1, 2),
      activation: .relu, usesBias: false, kernelInitializer: .heNormal, kernelRegularizer: Regularizer(l2: 0.1)),
    Dense(units: 3),
    Dense(
      units: 3, activation: .softmax, usesBias: false,
      kernelInitializer: .truncatedNormal(mean: 0, standardDeviation: 0.02), kernelRegularizer: Regularizer(l2: 0.01)),
  ]

  static let normalizations: [any Layer] = [
    BatchNormalization(),
    BatchNormalization(
      axis: 3, momentum: 0.9997, epsilon: 1.001e-5, center: false, scale: false, gammaInitializer: .zeros,
      gammaRegularizer: Regularizer(l2: 1e-4)),
    LayerNormalization(),
    LayerNormalization(
      axes: [2, 3], epsilon: 1e-6, center: false, gammaInitializer: .zeros, gammaRegularizer: Regularizer(l1: 0.1)),
    GroupNormalization(),
    GroupNormalization(
      groups: -1, axis: 3, epsilon: 1e-5, scale: false, betaInitializer: .ones, betaRegularizer: Regularizer(l2: 0.1)),
    LayerScale(initValues: 0.5, projectionDim: 4),
  ]

  static let activations: [any Layer] =
    ActivationFunction.named.map { Activation($0.function) } + [
      Activation(.relu(maxValue: 2, negativeSlope: 0.5, threshold: 0.25)), Activation(.elu(alpha: 0.5)), ReLU(),
      ReLU(maxValue: 6, negativeSlope: 0.1, threshold: 1), LeakyReLU(alpha: 0.1), ELU(alpha: 2), Softmax(axis: 3),
      PReLU(), PReLU(sharedAxes: [1, 2], alphaInitializer: .constant(0.25), alphaRegularizer: Regularizer(l2: 1)),
    ]

  static let shapes: [any Layer] = [
    ZeroPadding2D(padding: Margins(top: 0, bottom: 1, left: 2, right: 3)),
    Cropping2D(cropping: Margins(top: 3, bottom: 2, left: 1, right: 0)),
    UpSampling2D(size: Size(3, 2), interpolation: .bilinear), Permute(dims: [2, 3, 1]),
    Reshape(targetShape: [-1, 4]), Reshape(targetShape: [1, 1, 8]),
    MaxPooling2D(poolSize: Size(3, 2), strides: Size(2, 1), padding: .same),
    AveragePooling2D(poolSize: Size(2, 3), strides: Size(1, 2)),
  ]

  static let others: [any Layer] = [
    Dropout(rate: 0.25), SpatialDropout2D(rate: 0.5), GaussianDropout(rate: 0.25),
    GaussianNoise(standardDeviation: 0.5), StochasticDepth(dropPathRate: 0.2), CustomScaleLayer(scale: 0.17),
    Dot(axes: [1, -1]), Dot(axes: [2, 1], normalizes: true),
    Rescaling(scale: 1 / 127.5, offset: -1),
    Rescaling(scale: [0.1, 0.2, 0.3], offset: [0, 0, 0]),
    Normalization(constants: Normalization.Constants(mean: [0.485, 0.456, 0.406], variance: [0.05, 0.06, 0.07])),
  ]
}
