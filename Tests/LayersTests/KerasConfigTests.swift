import JSON
import Kernels
import Layers
import Tensors
import Testing

@Suite("Configurations as Keras writes them")
struct KerasConfigTests {
  private func layer(_ kind: String, _ text: String) throws -> any Layer {
    try LayerRegistry.layer(kind: kind, config: JSONValue(parsing: text))
  }

  @Test("Conv2D of Keras 3")
  func keras3() throws {
    let read = try layer(
      "Conv2D",
      """
      {"name": "conv2d", "trainable": true, "dtype": {"module": "keras", "class_name": "DTypePolicy", "config":
      {"name": "float32"}, "registered_name": null}, "filters": 8, "kernel_size": [3, 3], "strides": [2, 2], "padding":
      "same", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "activation": "silu", "use_bias": true,
      "kernel_initializer": {"module": "keras.initializers", "class_name": "HeNormal", "config": {"seed": null},
      "registered_name": null}, "bias_initializer": {"module": "keras.initializers", "class_name": "Zeros", "config": {},
      "registered_name": null}, "kernel_regularizer": {"module": "keras.regularizers", "class_name": "L2", "config":
      {"l2": 0.0001}, "registered_name": null}, "bias_regularizer": null, "activity_regularizer": null,
      "kernel_constraint": null, "bias_constraint": null}
      """)
    let expected = Conv2D(
      filters: 8, kernelSize: Size(3, 3), strides: Size(2, 2), padding: .same, activation: .swish,
      kernelInitializer: .heNormal, kernelRegularizer: Regularizer(l2: 0.0001))
    #expect(read as? Conv2D == expected)
  }

  @Test("DepthwiseConv2D of tf.keras, with the groups it does not use")
  func depthwiseOfTensorFlow() throws {
    let read = try layer(
      "DepthwiseConv2D",
      """
      {"name": "conv_dw_1", "trainable": true, "dtype": "float32", "kernel_size": [3, 3], "strides": [1, 1], "padding":
      "same", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "activation": "linear", "use_bias":
      false, "bias_initializer": {"class_name": "Zeros", "config": {"dtype": "float32"}}, "bias_regularizer": null,
      "activity_regularizer": null, "bias_constraint": null, "depth_multiplier": 1, "depthwise_initializer": {"class_name":
      "GlorotUniform", "config": {"seed": null, "dtype": "float32"}}, "depthwise_regularizer": null,
      "depthwise_constraint": null}
      """)
    let expected = DepthwiseConv2D(kernelSize: Size(3, 3), padding: .same, usesBias: false)
    #expect(read as? DepthwiseConv2D == expected)
    #expect(expected.config["groups"] == nil, "Keras 3 refuses it")
    #expect(!expected.config.text.contains("dtype"), "Keras 3 refuses it in an initializer")
  }

  @Test("SeparableConv2D of tf.keras, with what it inherits from Conv2D")
  func separableOfTensorFlow() throws {
    let read = try layer(
      "SeparableConv2D",
      """
      {"name": "block2_sepconv1", "trainable": true, "dtype": "float32", "filters": 128, "kernel_size": [3, 3], "strides":
      [1, 1], "padding": "same", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "activation":
      "linear", "use_bias": false, "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": null}},
      "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": null, "bias_regularizer": null,
      "activity_regularizer": null, "kernel_constraint": null, "bias_constraint": null, "depth_multiplier": 1,
      "depthwise_initializer": {"class_name": "GlorotUniform", "config": {"seed": null}}, "pointwise_initializer":
      {"class_name": "GlorotUniform", "config": {"seed": null}}, "depthwise_regularizer": null, "pointwise_regularizer":
      null, "depthwise_constraint": null, "pointwise_constraint": null}
      """)
    #expect(
      read as? SeparableConv2D
        == SeparableConv2D(filters: 128, kernelSize: Size(3, 3), padding: .same, usesBias: false))
  }

  @Test("BatchNormalization names its axis in three ways", arguments: ["-1", "3", "[3]"])
  func axis(_ axis: String) throws {
    let read = try layer("BatchNormalization", #"{"axis": \#(axis), "momentum": 0.99, "epsilon": 0.001}"#)
    #expect(try read.outputShape(for: [[4, 4, 2]]) == [4, 4, 2])
  }

  @Test("An activation may be a name, nothing, a function or a layer")
  func activations() throws {
    let spellings: [(String, ActivationFunction)] = [
      ("null", .linear), (#""relu""#, .relu), (#""hard_silu""#, .hardSwish),
      (#"{"class_name": "function", "config": "relu6", "module": "builtins"}"#, .relu6),
      (#"{"class_name": "ReLU", "config": {"name": "re_lu", "max_value": 6.0}}"#, .relu6),
      (#"{"class_name": "LeakyReLU", "config": {"alpha": 0.1}}"#, .leakyReLU(alpha: 0.1)),
      (
        #"{"module": "keras.layers", "class_name": "LeakyReLU", "config": {"negative_slope": 0.1}}"#,
        .leakyReLU(alpha: 0.1)
      ),
      (#"{"class_name": "Activation", "config": {"activation": "tanh"}}"#, .tanh),
    ]
    for (text, function) in spellings {
      #expect(
        try (layer("Dense", #"{"units": 2, "activation": \#(text)}"#) as? Dense)?.activation == function, "\(text)")
    }
  }

  @Test("LeakyReLU has its slope under the name of either Keras", arguments: ["alpha", "negative_slope"])
  func leakyReLU(_ key: String) throws {
    // tf.keras writes the slope as an array of one.
    for value in ["0.2", "0.20000000298023224", #"{"class_name": "__numpy__", "value": 0.2}"#] {
      #expect(try layer("LeakyReLU", #"{"\#(key)": \#(value)}"#) as? LeakyReLU == LeakyReLU(alpha: 0.2))
    }
  }

  @Test("What cannot be honoured is refused, with the reason")
  func refusals() {
    let refusals = [
      ("Conv2D", #"{"filters": 3, "kernel_size": 3, "data_format": "channels_first"}"#, "channels_first"),
      ("Conv2D", #"{"filters": 3, "kernel_size": 3, "groups": 2}"#, "2 equal groups of 3 filters"),
      ("Conv2D", #"{"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": 2}"#, "do not go together"),
      ("Conv2D", #"{"filters": 3, "kernel_size": [3, 0]}"#, "kernel_size"),
      ("Conv2D", #"{"kernel_size": 3}"#, "filters"),
      ("Conv2D", #"{"filters": 3, "kernel_size": 3, "padding": "causal"}"#, "valid or same"),
      ("Dense", #"{"units": 0}"#, "above 0"),
      ("Dense", #"{"units": 3, "activation": "rellu"}"#, #"Did you mean "relu""#),
      ("BatchNormalization", #"{"renorm": true}"#, "renorm"),
      ("BatchNormalization", #"{"axis": [1, 2]}"#, "one axis"),
      ("BatchNormalization", #"{"momentum": 1.5}"#, "momentum"),
      ("ReLU", #"{"max_value": -1}"#, "max_value"),
      ("Activation", "{}", "activation"),
      ("PReLU", #"{"shared_axes": [0]}"#, "shared_axes"),
    ]
    for (kind, text, reason) in refusals {
      #expect("\(kind) \(text)") {
        try layer(kind, text)
      } throws: {
        "\($0)".contains(reason)
      }
    }
  }

  @Test("Parameters have Keras' names, order and shapes")
  func parameterNames() {
    func names(_ layer: any Layer, _ input: Shape) -> [String] {
      layer.parameterSpecs(for: [input]).map { "\($0.name) \($0.shape)" }
    }
    #expect(
      names(Conv2D(filters: 8, kernelSize: Size(3, 5), groups: 2), [9, 9, 4]) == ["kernel [3, 5, 2, 8]", "bias [8]"])
    #expect(
      names(DepthwiseConv2D(kernelSize: Size(3, 5), depthMultiplier: 2), [9, 9, 4])
        == ["depthwise_kernel [3, 5, 4, 2]", "bias [8]"])
    #expect(
      names(SeparableConv2D(filters: 7, kernelSize: Size(3, 3), depthMultiplier: 2, usesBias: false), [9, 9, 4])
        == ["depthwise_kernel [3, 3, 4, 2]", "pointwise_kernel [1, 1, 8, 7]"])
    #expect(names(Dense(units: 3), [2, 5]) == ["kernel [5, 3]", "bias [3]"])
    #expect(
      names(BatchNormalization(scale: false), [2, 2, 3]) == ["beta [3]", "moving_mean [3]", "moving_variance [3]"])
    #expect(names(PReLU(sharedAxes: [1, 2]), [4, 5, 3]) == ["alpha [1, 1, 3]"])
    let roles = BatchNormalization().parameterSpecs(for: [[2]]).map(\.role)
    #expect(roles == [.weight, .weight, .statistic, .statistic])
  }
}
